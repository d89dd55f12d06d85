/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls_words - OpenSSL's errors in words, read when the first one is told
 *
 * OpenSSL reads some two thousand of them before the first handshake, a
 * thirtieth of the time of a check, and a healthy server needs none.
 */
#ifndef TLS_WORDS_H
#define TLS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* What the first OPENSSL_init_ssl() has to be told to leave them unread. */
uint64_t tls_words_later(void);

/*
 * For whoever asks OpenSSL for words without tls_words(), as libcurl does. By
 * any thread, any number of times.
 */
void tls_words_read(void);

/*
 * The thread's error queue in words, by its first error that has any, and empty
 * afterwards; NULL if none has. `no_memory` tells whether one of them was that.
 */
const char *tls_words(bool *no_memory);

#endif
