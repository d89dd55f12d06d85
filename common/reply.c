/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reply - an SMTP reply, read line by line (RFC 5321 4.2) */
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

/*
 * The length of the enhanced code that a text begins with, 0 if it does not.
 * RFC 3463 2: class "." subject "." detail, of one to three digits, and RFC
 * 2034 4: then a blank. "5.188.62.1 is listed" begins with an address.
 */
static size_t
enhanced_length(const char *text)
{
	struct cursor cursor = cursor_of(text);
	unsigned long long class, subject, detail;
	bool whole = cursor_number(&cursor, 5, &class)
	    && (class == 2 || class == 4 || class == 5)
	    && cursor_skip(&cursor, '.')
	    && cursor_number(&cursor, 999, &subject)
	    && cursor_skip(&cursor, '.') && cursor_number(&cursor, 999, &detail)
	    && (cursor_at_end(&cursor) || *cursor.at == ' ');

	return whole ? (size_t)(cursor.at - text) : 0;
}

/* The newest line behind the others. */
static void
join(struct reply *reply)
{
	const char *text = reply->text;
	size_t used = strlen(reply->joined);
	size_t code = enhanced_length(reply->joined);

	if (code > 0 && enhanced_length(text) == code
	    && strncmp(text, reply->joined, code) == 0)
		text += code;
	text += strspn(text, " ");
	if (*text != '\0' && used + 1 < sizeof(reply->joined))
		text_print(reply->joined + used, sizeof(reply->joined) - used,
		    "%s%s", used > 0 ? " " : "", text);
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
	join(reply);
	return goes_on ? REPLY_MORE : REPLY_DONE;
}

void
reply_keep(const struct reply *reply, struct answer *answer)
{
	bool refused = reply->code >= 400;
	size_t code;

	answer->code = reply->code;
	memcpy(answer->text, refused ? reply->joined : reply->text,
	    sizeof(answer->text));
	code = enhanced_length(answer->text);
	text_print(answer->enhanced, sizeof(answer->enhanced), "%.*s",
	    (int)code, answer->text);
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
