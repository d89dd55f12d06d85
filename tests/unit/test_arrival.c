/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_arrival - what can be a mailbox, and what is found in a Maildir */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arrival.h"
#include "unit.h"

#define TOKEN  "0123456789abcdef0123456789abcdef"
#define HEADER "X-Check-MX-Token: " TOKEN "\n"

static const struct url_case {
	const char *sentence;
	const char *url;
	const char *why; /* NULL: it is one */
} url_cases[] = {
    {"A server is a mailbox: its INBOX.", "imaps://mail.example.com", NULL},
    {"A port may be named.", "imap://mail.example.com:1143/", NULL},
    {"So may a mailbox, with folders.", "imaps://mail.example.com/A/B", NULL},
    {"An address will do.", "imaps://[2001:db8::1]/INBOX", NULL},
    {"An encoded blank is part of a name.", "imaps://example.com/My%20mail",
	NULL},
    {"Nothing is no mailbox.", "", "not imap:// or imaps://"},
    {"A host alone is none.", "mail.example.com", "not imap:// or imaps://"},
    {"Another protocol is none.", "https://example.com/",
	"not imap:// or imaps://"},
    {"A file is none.", "file:///etc/passwd", "not imap:// or imaps://"},
    {"A user does not belong there.", "imaps://joe@example.com/",
	"the user does not belong into the URL"},
    {"A password does not belong there.", "imaps://joe:pw@example.com/",
	"the user does not belong into the URL"},
    {"A message is no mailbox.", "imaps://example.com/INBOX;UID=1",
	"more than a mailbox"},
    {"A search is no mailbox.", "imaps://example.com/INBOX?ALL",
	"more than a mailbox"},
    {"A fragment is no mailbox.", "imaps://example.com/INBOX#a",
	"more than a mailbox"},
};

static void
judges_url(void **state)
{
	const struct url_case *row = *state;
	struct imap_url url;
	struct text why;

	text_init(&why, 200);
	assert_int_equal(
	    imap_url_parse(row->url, &url, &why), row->why == NULL);
	assert_string_equal(why.data, row->why != NULL ? row->why : "");
	text_release(&why);
}

/* --- Maildirs, each in a folder of its own that is the working one --- */

static char folder[] = "/tmp/check_mx_arrival.XXXXXX";

static int
remove_entry(
    const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	return where->level > 0 ? remove(path) : 0;
}

static void
make_maildir(void)
{
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(mkdir("box", 0700), 0);
	assert_int_equal(mkdir("box/tmp", 0700), 0);
	assert_int_equal(mkdir("box/new", 0700), 0);
	assert_int_equal(mkdir("box/cur", 0700), 0);
}

static void
write_message(
    const char *name, const char *start, size_t filler, const char *rest)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(start, file);
	while (filler-- > 0)
		fputc(filler % 64 == 0 ? '\n' : 'x', file);
	fputs(rest, file);
	fclose(file);
}

static void
look(double seconds, struct arrival *arrival)
{
	const struct arrival_params params = {.maildir = "box"};

	struct arrival_watch watch;

	*arrival = (struct arrival){.asked = false};
	if (arrival_begin(&watch, &params, deadline_in(seconds), arrival))
		arrival_wait(&watch, TOKEN, clock_seconds(), arrival);
	arrival_end(&watch);
}

static const struct message_case {
	const char *sentence;
	const char *name;
	const char *start;
	size_t filler; /* bytes between the two */
	const char *rest;
	bool found;
} message_cases[] = {
    {"A message in new is found.", "box/new/1", HEADER "\nbody\n", 0, "", true},
    {"A message in cur is found.", "box/cur/1:2,S", HEADER "\nbody\n", 0, "",
	true},
    {"A message with CRLF is found.", "box/new/1",
	"A: b\r\nX-Check-MX-Token: " TOKEN "\r\n\r\nbody\r\n", 0, "", true},
    {"Letter case of the name is no matter.", "box/new/1",
	"X-CHECK-mx-token:" TOKEN "\n\n", 0, "", true},
    {"Headers may come before it.", "box/new/1", "A: ", 60000, HEADER "\n",
	true},
    {"A message may end with it.", "box/new/1", "A: b\nX-Check-MX-Token: ", 0,
	TOKEN, true},
    {"A token in the body is none.", "box/new/1", "A: b\n\n" HEADER, 0, "",
	false},
    {"A token in a body with CRLF is none.", "box/new/1", "A: b\r\n\r\n" HEADER,
	0, "", false},
    {"A token of another header is none.", "box/new/1",
	"Subject: " TOKEN "\nA: " HEADER "\n", 0, "", false},
    {"A longer token is none.", "box/new/1", "X-Check-MX-Token: " TOKEN "0\n\n",
	0, "", false},
    {"A shorter token is none.", "box/new/1",
	"X-Check-MX-Token: 0123456789abcdef\n\n", 0, "", false},
    {"Not more than the beginning of a file is read.", "box/new/1",
	"A: ", 70000, HEADER "\n", false},
    {"An empty file is none.", "box/new/1", "", 0, "", false},
    {"A file with a dot is none.", "box/new/.1", HEADER "\n", 0, "", false},
    {"A file that is still written is none.", "box/tmp/1", HEADER "\n", 0, "",
	false},
};

static void
finds_message(void **state)
{
	const struct message_case *row = *state;
	struct arrival arrival;

	make_maildir();
	write_message("box/new/0", "Subject: another\n\n", 0, "body\n");
	write_message(row->name, row->start, row->filler, row->rest);
	look(row->found ? 10 : 0.1, &arrival);
	assert_true(arrival.asked);
	assert_string_equal(arrival.why, "");
	assert_int_equal(arrival.seen, row->found);
	assert_int_equal(arrival.removed, row->found);
	assert_int_equal(access(row->name, F_OK) == 0, !row->found);
	assert_int_equal(access("box/new/0", F_OK), 0);
	assert_true(arrival.seconds >= 0);
}

static void
ignores_what_is_no_file(void **state)
{
	struct arrival arrival;

	(void)state;
	make_maildir();
	write_message("outside", HEADER "\n", 0, "");
	assert_int_equal(symlink("../../outside", "box/new/link"), 0);
	assert_int_equal(mkfifo("box/new/pipe", 0600), 0);
	assert_int_equal(mkdir("box/cur/folder", 0700), 0);
	look(0.1, &arrival);
	assert_false(arrival.seen);
	assert_string_equal(arrival.why, "");
	assert_int_equal(access("outside", F_OK), 0);
}

static void
ignores_old_files(void **state)
{
	const struct timespec times[2] = {{.tv_sec = 86400}, {.tv_sec = 86400}};
	struct arrival arrival;

	(void)state;
	make_maildir();
	write_message("box/new/1", HEADER "\n", 0, "");
	assert_int_equal(utimensat(AT_FDCWD, "box/new/1", times, 0), 0);
	look(0.1, &arrival);
	assert_false(arrival.seen);
}

static void
tells_what_is_missing(void **state)
{
	struct arrival arrival;

	(void)state;
	make_maildir();
	assert_int_equal(rmdir("box/cur"), 0);
	look(0.1, &arrival);
	assert_false(arrival.seen);
	assert_string_equal(arrival.why, "box/cur: No such file or directory");

	write_message("box/cur", "", 0, "");
	look(10, &arrival);
	assert_string_equal(arrival.why, "box/cur: Not a directory");
}

static void
deletes_one_message(void **state)
{
	struct arrival arrival;

	(void)state;
	make_maildir();
	write_message("box/new/1", HEADER "\n", 0, "");
	write_message("box/cur/2:2,", HEADER "\n", 0, "");
	look(10, &arrival);
	assert_true(arrival.removed);
	assert_int_not_equal(access("box/new/1", F_OK), 0);
	assert_int_equal(access("box/cur/2:2,", F_OK), 0);
}

static void
judges_folder(void **state)
{
	struct text why;

	(void)state;
	make_maildir();
	text_init(&why, 200);
	assert_true(arrival_maildir_valid("box", &why));
	assert_true(arrival_maildir_valid("not-yet", &why));
	assert_string_equal(why.data, "");
	write_message("file", "", 0, "");
	assert_false(arrival_maildir_valid("file", &why));
	assert_string_equal(why.data, "not a folder");
	assert_false(arrival_maildir_valid("", &why));
	text_release(&why);
}

int
main(void)
{
	int failed;

	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return EXIT_FAILURE;
	UNIT_TABLE(url_cases, judges_url);
	UNIT_TABLE(message_cases, finds_message);
	unit_add("What is no file is left alone.", ignores_what_is_no_file);
	unit_add("What is old is left alone.", ignores_old_files);
	unit_add("What is missing is told.", tells_what_is_missing);
	unit_add("One look deletes one message.", deletes_one_message);
	unit_add("A folder may not be there yet.", judges_folder);
	failed = unit_run("arrival");
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	rmdir(folder);
	return failed;
}
