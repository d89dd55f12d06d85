/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server - fuzzed bytes as the server of a dialogue, over socketpairs
 *
 * What conn calls to connect and to wait ends here (ld's --wrap): a connection
 * is one end of a socketpair, and whenever the client waits, the server sends
 * its next turn. So there is neither a thread nor a clock in it.
 */
#ifndef FUZZ_SERVER_H
#define FUZZ_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "tls.h"

enum {
	SERVER_TURN = 0xff, /* ends a turn; after the last one it hangs up */
	SERVER_TLS = 0xfe,  /* begins one: from here on all is inside TLS */
};

/* Begins a script, for as many connections as are made; bytes are not kept. */
void server_start(const uint8_t *bytes, size_t size);

/* Closes what is left open. */
void server_end(void);

/* What a client needs for a handshake. */
extern struct tls_policy server_client_policy;
struct ssl_ctx_st *server_client_context(void);

#endif
