/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_transaction - the name that a server gives to a message */
#include <string.h>

#include "transaction.h"
#include "judging.h"
#include "unit.h"

static const struct queue_case {
	const char *sentence;
	int code;
	const char *text;
	const char *id;
} queue_cases[] = {
    {"Postfix.", 250, "2.0.0 Ok: queued as 9B5DE2405D", "9B5DE2405D"},
    {"Postfix with long queue names.", 250,
	"2.0.0 Ok: queued as 4XvTxk6Nl1z9rxL", "4XvTxk6Nl1z9rxL"},
    {"Postfix behind a content filter.", 250,
	"2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
	"4XvTxk6Nl1z9rxL",
	"4XvTxk6Nl1z9rxL"},
    {"Exim.", 250, "OK id=1tE5zK-0001Xy-2Z", "1tE5zK-0001Xy-2Z"},
    {"Exim with long message names.", 250, "OK id=1tE5zK-00000001Xyz-2ZaB",
	"1tE5zK-00000001Xyz-2ZaB"},
    {"OpenSMTPD.", 250, "2.0.0 4c8f3a1b Message accepted for delivery",
	"4c8f3a1b"},
    {"sendmail.", 250, "2.0.0 4AL0d1xY012345 Message accepted for delivery",
	"4AL0d1xY012345"},
    {"Exchange names it in its queue.", 250,
	"2.6.0 <c89b4fcc-3ad1-4758-a1ab-1e820065d622@mail1.fabrikam.com> "
	"[InternalId=5111011082268, Hostname=mail1.fabrikam.com] Queued mail "
	"for delivery",
	"5111011082268"},
    {"Exchange with its speed.", 250,
	"2.6.0 <1@mon.example> [InternalId=8589934593, "
	"Hostname=MX.example.com] 1547 bytes in 0.107, 14,082 KB/sec Queued "
	"mail for delivery",
	"8589934593"},
    {"Google.", 250,
	"2.0.0 OK  1732147200 d2e1a72fcca58-724de5bb1e4si1234567b3a.45 - gsmtp",
	"d2e1a72fcca58-724de5bb1e4si1234567b3a.45"},
    {"Google without the seconds' second blank.", 250,
	"2.0.0 OK 1732147200 ab12si1234567wmb.12 - gsmtp",
	"ab12si1234567wmb.12"},
    {"Dovecot, an id without digits.", 250,
	"2.0.0 <kate@example.com> VGmsLVjOAGsdAwAAjjxNQ Saved",
	"VGmsLVjOAGsdAwAAjjxNQ"},
    {"Dovecot's LMTP.", 250,
	"2.0.0 <kate@example.com> 2KFgHKu/PmcbXAAAdAJVbQ Saved",
	"2KFgHKu/PmcbXAAAdAJVbQ"},
    {"Dovecot's LMTP with a session's number.", 250,
	"2.0.0 <kate@example.com> 2KFgHKu/PmcbXAAAdAJVbQ:2 Saved",
	"2KFgHKu/PmcbXAAAdAJVbQ:2"},

    {"PowerMTA gives none.", 250, "2.6.0 message received", ""},
    {"A bare 250 has none.", 250, "", ""},
    {"Ok is none.", 250, "Ok", ""},
    {"An enhanced code is none.", 250, "2.0.0 Ok", ""},
    {"An enhanced code before words is none.", 250,
	"2.0.0 Message accepted for delivery", ""},
    {"Ok before words is none.", 250, "OK Message accepted for delivery", ""},
    {"Words alone have none.", 250, "Message accepted for delivery", ""},
    {"A mailbox is none.", 250, "2.0.0 <kate@example.com> Saved", ""},
    {"Saved alone has none.", 250, "2.0.0 Saved", ""},
    {"Queued without a name has none.", 250, "2.0.0 Ok: queued", ""},
    {"Queued as nothing has none.", 250, "2.0.0 Ok: queued as ", ""},
    {"An id that is a part of another word is none.", 250,
	"2.0.0 Ok, valid=yes", ""},
    {"A refused message has none.", 554, "5.7.1 Blocked, id=12345-67 - INBOX",
	""},
    {"A deferred message has none.", 451, "4.3.0 Error: queued as 9B5DE2405D",
	""},
};

static void
finds_queue_id(void **state)
{
	const struct queue_case *row = *state;
	struct answer answer = {.code = row->code};
	char id[96] = "left over";

	judging_answer(&answer, row->code, row->text);
	transaction_queue_id(&answer, id, sizeof(id));
	assert_string_equal(id, row->id);
}

/* A hostile server's is cut, and ends. */
static void
bounds_queue_id(void **state)
{
	struct answer answer = {.code = 250};
	char id[16 + 1];

	(void)state;
	memset(answer.text, 'x', sizeof(answer.text) - 1);
	memcpy(answer.text, "Ok: queued as ", 14);
	memset(id, '!', sizeof(id));
	transaction_queue_id(&answer, id, sizeof(id) - 1);
	assert_true(strlen(id) < sizeof(id) - 1);
	assert_int_equal(id[sizeof(id) - 1], '!');
}

int
main(void)
{
	UNIT_TABLE(queue_cases, finds_queue_id);
	unit_add("A name too long is cut.", bounds_queue_id);
	return unit_run("transaction");
}
