/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transfer - what every use of libcurl here has in common
 *
 * Whom it trusts, when it has to end, nothing from the environment, and its
 * failures in the operator's words. Who uses it sets the options of the
 * protocol, and knows what a failure means to it.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <stdbool.h>

#include "deadline.h"
#include "tls.h"

enum { TRANSFER_WHY_SIZE = 256 };

struct transfer {
	void *curl; /* libcurl's handle; NULL if there is none */
	const struct tls_policy *policy;
	const char *host; /* the reference name of the certificate */
	bool ours;        /* it failed for want of our own means */
	bool timed_out;
	char why[TRANSFER_WHY_SIZE]; /* "" if all went well */
	char anchors_why[TRANSFER_WHY_SIZE];
};

/* Done once, whoever calls; false if libcurl can't be started. */
bool transfer_prepare(void);

/*
 * `protocols` as libcurl writes them, "imap,imaps". The certificate has to be
 * good for the host by the policy's anchors and moment, unless `verify` is
 * false. Host and policy have to outlive it.
 */
bool transfer_open(struct transfer *transfer, const char *protocols,
    const char *host, const struct tls_policy *policy, bool verify);

/* Returns libcurl's code, and says in `why` what it means. */
int transfer_perform(
    struct transfer *transfer, const char *url, struct deadline deadline);

void transfer_close(struct transfer *transfer);

#endif
