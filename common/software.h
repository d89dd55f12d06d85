/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * software - which mail server a greeting says it is
 */
#ifndef SOFTWARE_H
#define SOFTWARE_H

/*
 * "Postfix" for "mx1.example.com ESMTP Postfix (Debian)": a name that stands
 * in the text behind its first word, which is the host's. NULL if none does;
 * nothing is concluded from how the rest looks. Static.
 */
const char *software_named(const char *greeting);

#endif
