/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * descriptors - how many files and sockets may be open at a time
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

/*
 * Raises what a shell allows as a rule (the soft limit) to `most`, or as far as
 * the hard limit goes. How many there may be then.
 */
unsigned long descriptors_allow(unsigned long most);

#endif
