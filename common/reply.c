/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reply - an SMTP reply, read line by line (RFC 5321 4.2) */
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "reply.h"

void
reply_init(struct reply *reply)
{
	*reply = (struct reply){.code = 0};
}

/* The code of a line, or 0: exactly three digits (RFC 5321 4.2.1). */
static int
line_code(const char *line, size_t length)
{
	int code = 0;

	if (length < 3)
		return 0;
	for (int i = 0; i < 3; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		code = code * 10 + (line[i] - '0');
	}
	return code >= 200 && code <= 599 ? code : 0;
}

enum reply_status
reply_line(struct reply *reply, const char *line, size_t length)
{
	int code = line_code(line, length);
	bool goes_on = length > 3 && line[3] == '-';

	printable(reply->text, sizeof(reply->text), line + (length > 3 ? 4 : 0),
	    length > 3 ? length - 4 : 0);
	reply->bytes += length;
	if (code == 0 || (length > 3 && !goes_on && line[3] != ' ')
	    || (reply->lines > 0 && code != reply->code)) {
		printable(reply->text, sizeof(reply->text), line, length);
		return REPLY_MALFORMED;
	}
	reply->code = code;
	if (length > REPLY_LINE_MAX || reply->bytes > REPLY_BYTES_MAX
	    || ++reply->lines > REPLY_LINES_MAX)
		return REPLY_TOO_LONG;
	return goes_on ? REPLY_MORE : REPLY_DONE;
}

/*
 * RFC 3463 2: class "." subject "." detail, of one to three digits, and RFC
 * 2034 4: then a blank. "5.188.62.1 is listed" begins with an address.
 */
static void
keep_enhanced(struct answer *answer)
{
	struct cursor cursor = cursor_of(answer->text);
	unsigned long long class, subject, detail;

	answer->enhanced[0] = '\0';
	if (cursor_number(&cursor, 5, &class)
	    && (class == 2 || class == 4 || class == 5)
	    && cursor_skip(&cursor, '.')
	    && cursor_number(&cursor, 999, &subject)
	    && cursor_skip(&cursor, '.') && cursor_number(&cursor, 999, &detail)
	    && (cursor_at_end(&cursor) || *cursor.at == ' '))
		snprintf(answer->enhanced, sizeof(answer->enhanced), "%u.%u.%u",
		    (unsigned)class, (unsigned)subject, (unsigned)detail);
}

void
reply_keep(const struct reply *reply, struct answer *answer)
{
	answer->code = reply->code;
	memcpy(answer->text, reply->text, sizeof(answer->text));
	keep_enhanced(answer);
}

bool
answer_is(const struct answer *answer, int hundreds)
{
	return answer->code / 100 == hundreds;
}

const char *
answer_detail(const struct answer *answer)
{
	return answer->enhanced[0] != '\0' ? answer->enhanced + 1 : "";
}

bool
answer_blames_sender(const struct answer *answer)
{
	const char *detail = answer_detail(answer);

	return answer->code >= 400
	    && (strcmp(detail, ".1.7") == 0 || strcmp(detail, ".1.8") == 0
		|| strcasestr(answer->text, "sender address rejected") != NULL
		|| strcasestr(answer->text, "sender verif") != NULL);
}
