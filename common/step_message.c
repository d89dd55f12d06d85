/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_message - the transaction: who writes to whom, and what */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "input.h"
#include "mailbox.h"
#include "message.h"
#include "settings.h"
#include "transaction.h"
#include "step_message.h"

static const char *from; /* NULL: not given */
static struct option_list to, headers;
static const char *notify, *subject, *file;
static bool sends, marks;
static struct text message; /* from --message; empty: ours is to be made */

/* With its brackets or without, as people copy it. */
static bool
take_mailbox(const char *value, char mailbox[MAILBOX_SIZE], struct text *why)
{
	char bare[MAILBOX_SIZE + 2];
	size_t length = strlen(value);

	if (value[0] != '<' || value[length - 1] != '>'
	    || length >= sizeof(bare))
		return mailbox_parse(value, mailbox, why);
	text_print(bare, sizeof(bare), "%.*s", (int)length - 2, value + 1);
	return mailbox_parse(bare, mailbox, why);
}

static bool
take_from(const char *value, struct text *why)
{
	static char address[MAILBOX_SIZE];

	from = address;
	address[0] = '\0';
	return strcmp(value, "<>") == 0 || take_mailbox(value, address, why);
}

/* RFC 5321 4.5.1: postmaster needs no domain. */
static bool
take_to(const char *value, struct text *why)
{
	static char address[OPTION_LIST_MAX][MAILBOX_SIZE];

	if (to.count == OPTION_LIST_MAX) {
		text_add(why, "given more than %d times", OPTION_LIST_MAX);
		return false;
	}
	to.value[to.count] = address[to.count];
	if (strcasecmp(value, "postmaster") == 0) {
		strcpy(address[to.count++], "postmaster");
		return true;
	}
	return take_mailbox(value, address[to.count++], why);
}

/* RFC 3461 4.1: NEVER alone, or a list of the others. */
static bool
take_dsn(const char *value, struct text *why)
{
	static const char *const events[] = {"SUCCESS", "FAILURE", "DELAY"};
	static char list[32];
	bool wanted[3] = {false};
	struct cursor name;

	notify = list;
	if (strcasecmp(value, "never") == 0) {
		strcpy(list, "NEVER");
		return true;
	}
	for (name.at = value;; name.at = name.end + 1) {
		size_t event = 0;

		name.end = name.at + strcspn(name.at, ",");
		while (event < 3 && !cursor_equals(&name, events[event]))
			event++;
		if (event == 3) {
			text_add(why,
			    "not \"never\" or a list of success, failure and "
			    "delay");
			return false;
		}
		wanted[event] = true;
		if (*name.end == '\0')
			break;
	}
	list[0] = '\0';
	for (size_t i = 0; i < 3; i++)
		if (wanted[i])
			snprintf(list + strlen(list),
			    sizeof(list) - strlen(list), "%s%s",
			    list[0] != '\0' ? "," : "", events[i]);
	return true;
}

static bool
take_header(const char *value, struct text *why)
{
	if (headers.count == OPTION_LIST_MAX) {
		text_add(why, "given more than %d times", OPTION_LIST_MAX);
		return false;
	}
	headers.value[headers.count++] = value;
	if (message_header_valid(value))
		return true;
	text_add(why, "not one line, \"Name: value\"");
	return false;
}

/* It becomes a line of its own. */
static bool
take_subject(const char *value, struct text *why)
{
	char header[1024];

	subject = value;
	if (snprintf(header, sizeof(header), "Subject: %s", value)
		< (int)sizeof(header)
	    && message_header_valid(header))
		return true;
	text_add(why, "not one line of at most 900 bytes");
	return false;
}

const struct option_row step_message_options[] = {
    OPTION_HEADING("Who writes to whom, and what:"),
    OPTION_FUNCTION('f', "from", "ADDR", take_from,
	"sender, <> for none (default: --authuser if it is a mailbox, else "
	"check_mx@ our EHLO name)"),
    OPTION_FUNCTION(0, "to", "ADDR", take_to,
	"recipient; repeatable (default: postmaster of the domain checked; "
	"with --send it has to be given)"),
    OPTION_FUNCTION(0, "dsn", "never|success,failure,delay", take_dsn,
	"notifications to ask for, where DSN is offered (default: the "
	"server's choice)"),
    OPTION_FLAG(0, "send", &sends,
	"send the message, to each recipient through each server (default: "
	"stop after RCPT with RSET, so that nobody gets mail)"),
    OPTION_FUNCTION(0, "subject", "TEXT", take_subject,
	"subject of the message (default: check_mx test message)"),
    OPTION_FUNCTION(0, "header", "NAME: VALUE", take_header,
	"one more header, or another one than ours of that name; repeatable "
	"(default: none)"),
    OPTION_STRING(0, "message", "FILE|-", &file,
	"a whole message instead, headers and body; - is the standard input "
	"(default: a short one of ours)"),
    OPTION_END,
};

static bool
read_all(int fd, struct text *out, struct text *why)
{
	char chunk[16384];
	ssize_t got;

	do {
		got = input_read(
		    fd, chunk, sizeof(chunk), settings_deadline(), why);
		text_add_bytes(out, chunk, got > 0 ? (size_t)got : 0);
	} while (got == (ssize_t)sizeof(chunk) && !out->cut);
	if (out->cut)
		text_add(why, "larger than %d bytes", MESSAGE_MAX);
	return got >= 0 && !out->cut;
}

static bool
take_message(int fd, struct text *why)
{
	struct text bytes;
	bool taken;

	text_init(&bytes, MESSAGE_MAX);
	text_init(&message, MESSAGE_MAX);
	taken = read_all(fd, &bytes, why)
	    && message_take(bytes.data, bytes.length, &message, why);
	text_release(&bytes);
	return taken;
}

static bool
read_message(struct text *why)
{
	char clean[96];
	struct text reason;
	bool taken;
	int fd;

	text_init(&reason, 200);
	fd = input_open(file, &reason);
	taken = fd >= 0 && take_message(fd, &reason);
	if (fd >= 0)
		close(fd);
	printable(clean, sizeof(clean), file, strlen(file));
	if (!taken)
		text_add(why, "--message='%s': %s", clean, reason.data);
	text_release(&reason);
	return taken;
}

/* Where the domain is not known, the server's own postmaster. */
static void
choose_recipient(void)
{
	static char address[MAILBOX_SIZE + 16];

	if (settings->domain != NULL)
		snprintf(address, sizeof(address), "postmaster@%s",
		    settings->domain);
	else
		strcpy(address, "postmaster");
	to.value[to.count++] = address;
}

static void
choose_sender(const char *author)
{
	static char address[MAILBOX_SIZE];
	struct text why;

	text_init(&why, 200);
	if (author != NULL && mailbox_parse(author, address, &why))
		from = address;
	text_release(&why);
}

bool
step_message_prepare(const char *author, bool marked, struct text *why)
{
	marks = marked;
	if (sends && to.count == 0) {
		text_add(why, "--send: wants --to, whom the message is for");
		return false;
	}
	if (file != NULL && (headers.count > 0 || subject != NULL)) {
		text_add(why, "%s: not with --message, which has its own",
		    subject != NULL ? "--subject" : "--header");
		return false;
	}
	if (to.count == 0)
		choose_recipient();
	if (from == NULL)
		choose_sender(author);
	return file == NULL || read_message(why);
}

bool
step_message_sends(void)
{
	return sends;
}

/* The name in EHLO stands behind the @, as a host or as a literal. */
static void
make_message(const struct smtp *smtp, const char *sender, struct text *out)
{
	struct delivery_facts *delivery = &smtp->facts->delivery;
	const struct target_host *host = smtp->params->target->host;
	char server[DOMAIN_SIZE + 8];

	text_print(server, sizeof(server),
	    !host->is_address                     ? "%s"
		: strchr(host->name, ':') != NULL ? "[IPv6:%s]"
						  : "[%s]",
	    host->name);
	if (message.length > 0) {
		text_add_bytes(out, message.data, message.length);
		if (marks)
			message_mark(out, delivery->token);
		return;
	}
	message_write(
	    &(struct message_params){
		.from = sender,
		.to = to.value,
		.subject = subject != NULL ? subject : "check_mx test message",
		.headers = headers.value,
		.token = delivery->token,
		.host = smtp->name,
		.server = server,
		.date = time(NULL),
	    },
	    out);
}

void
step_message_deliver(struct smtp *smtp, bool may_send)
{
	struct delivery_facts *delivery = &smtp->facts->delivery;
	struct transaction_params params = {
	    .to = to.value,
	    .dsn = {.notify = notify},
	    .send = sends && may_send,
	};
	struct text whole;

	if (!message_make_token(delivery->token)) {
		smtp_fail(smtp, "no random numbers");
		return;
	}
	text_print(delivery->from, sizeof(delivery->from),
	    from != NULL ? "%s" : "check_mx@%s",
	    from != NULL ? from : smtp->name);
	text_init(&whole, 2 * (size_t)MESSAGE_MAX);
	make_message(smtp, delivery->from, &whole);
	params.from = delivery->from;
	params.message = &whole;
	if (notify != NULL) {
		params.dsn.envid = delivery->token;
		params.dsn.ret = "HDRS";
	}
	if (whole.cut)
		smtp_fail(smtp, "out of memory");
	else
		transaction_make(smtp, &params);
	text_release(&whole);
}
