/* SPDX-License-Identifier: GPL-3.0-or-later */
/* look - what came of one look into a mailbox */
#ifndef LOOK_H
#define LOOK_H

enum { LOOK_WHY_SIZE = 256 };

enum look {
	LOOK_NOT_YET, /* the message is not there, or this look was in vain */
	LOOK_FOUND,
	LOOK_FAILED, /* and another one would fail, too */
};

#endif
