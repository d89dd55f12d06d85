/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_secret - what is masked, at which alignments, and where secrets are */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"
#include "unit.h"

static const struct mask_case {
	const char *sentence;
	const char *secret;
	const char *line;
	const char *masked;
} mask_cases[] = {
    {"A line without a secret stays.", "geheim", "250 ok", "250 ok"},
    {"A secret is masked.", "geheim", "x geheim y", "x ****** y"},
    {"A secret is masked as often as it comes.", "geheim", "geheimgeheim",
	"************"},
    {"A secret is masked in capitals, too.", "geheim", "GEHEIM", "******"},
    {"Part of a secret is no secret.", "geheim", "gehei geh", "gehei geh"},
    {"Base64 behind nothing is masked.", "geheim", "Z2VoZWlt", "********"},
    {"Base64 behind nothing is masked with its padding's neighbour.", "geheime",
	"Z2VoZWltZQ==", "**********=="},
    {"Base64 behind a byte is masked.", "geheim",
	"YWdlaGVpbQ==", "Y*********=="},
    {"Base64 behind two bytes is masked.", "geheim",
	"YWJnZWhlaW0=", "YW*********="},
    {"Base64 of PLAIN is masked.", "geheim",
	"AGJvYgBnZWhlaW0=", "AGJvYg*********="},
    {"Base64 in capitals is masked.", "geheim", "535 Z2VOZWLT", "535 ********"},
    {"A blank of the secret is part of it.", "ge heim", "a ge heim",
	"a *******"},
    {"What three letters spell is anywhere.", "abc", "abc YWJj", "abc YWJj"},
    {"Four letters are a secret.", "abcd", "abcd YWJjZA==", "**** ******=="},
    {"Bytes beyond ASCII are masked.", "gehe\xc3\xafm", "> gehe\xc3\xafm <",
	"> ******* <"},
    {"An empty line has no secret.", "geheim", "", ""},
};

static void
masks(void **state)
{
	const struct mask_case *row = *state;
	char line[128];

	text_print(line, sizeof(line), "%s", row->line);
	assert_true(secret_add(row->secret));
	secret_mask(line, strlen(line));
	assert_string_equal(line, row->masked);
	secret_wipe();
}

/* Wherever it stands, no letter of it is left. */
static void
masks_every_neighbourhood(void **state)
{
	static const char secret
	    [] = "correct horse",
      alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	(void)state;
	assert_true(secret_add(secret));
	for (size_t before = 0; before < 7; before++) {
		unsigned char bytes[32] = {0};
		char line[64] = "";
		size_t length = before + strlen(secret) + 4, stars = 0;

		memset(bytes, 'z', length);
		memcpy(bytes + before, secret, strlen(secret));
		for (size_t i = 0; i < length * 8 / 6; i++) {
			unsigned pair = (unsigned)bytes[i * 6 / 8] << 8
			    | bytes[i * 6 / 8 + 1];

			line[i] = alphabet[pair >> (10 - i * 6 % 8) & 0x3f];
		}
		secret_mask(line, strlen(line));
		for (size_t i = 0; line[i] != '\0'; i++)
			stars += line[i] == '*';
		/* 13 bytes touch 18 characters, or 19 off their border. */
		assert_int_equal(stars,
		    (before * 8 + strlen(secret) * 8 + 5) / 6 - before * 8 / 6);
	}
	secret_wipe();
}

static void
masks_the_longer_of_two(void **state)
{
	char line[] = "geheimnis";

	(void)state;
	assert_true(secret_add("geheim"));
	assert_true(secret_add("geheimnis"));
	secret_mask(line, strlen(line));
	assert_string_equal(line, "*********");
	secret_wipe();
}

static void
bytes_may_hold_nul(void **state)
{
	char line[] = "a\0geheim\0b";

	(void)state;
	assert_true(secret_add("geheim"));
	secret_mask(line, sizeof(line) - 1);
	assert_memory_equal(line, "a\0******\0b", sizeof(line));
	secret_wipe();
}

static void
has_limits(void **state)
{
	char longest[SECRET_SIZE + 1], line[SECRET_SIZE];

	(void)state;
	memset(longest, 'k', SECRET_SIZE);
	longest[SECRET_SIZE] = '\0';
	assert_false(secret_add(longest));
	longest[SECRET_SIZE - 1] = '\0';
	assert_true(secret_add(longest));
	memcpy(line, longest, sizeof(line));
	secret_mask(line, strlen(line));
	assert_int_equal(strspn(line, "*"), SECRET_SIZE - 1);
	for (int i = 1; i < SECRETS_MAX; i++)
		assert_true(secret_add("another"));
	assert_false(secret_add("one too many"));
	secret_wipe();
}

static void
forgets(void **state)
{
	char original[] = "geheim", secret[SECRET_SIZE], line[] = "geheim";
	struct text why;

	(void)state;
	text_init(&why, 100);
	assert_true(secret_take(original, secret, &why));
	assert_true(secret_add(secret));
	secret_wipe();
	secret_mask(line, strlen(line));
	assert_string_equal(line, "geheim");
	assert_string_equal(secret, "");
	text_release(&why);
}

static void
leaves_no_core(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_true(secret_add("geheim"));
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_int_equal(limit.rlim_max, 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	secret_wipe();
}

static void
takes_from_a_string(void **state)
{
	char original[] = "geheim", longer[SECRET_SIZE + 1];
	char secret[SECRET_SIZE] = "";
	struct text why;

	(void)state;
	text_init(&why, 100);
	assert_true(secret_take(original, secret, &why));
	assert_string_equal(secret, "geheim");
	assert_string_equal(original, "xxxxxx");
	memset(longer, 'k', SECRET_SIZE);
	longer[SECRET_SIZE] = '\0';
	assert_false(secret_take(longer, secret, &why));
	assert_string_equal(why.data, "too long");
	assert_int_equal(strspn(longer, "x"), SECRET_SIZE);
	secret_wipe();
	text_release(&why);
}

static const struct file_case {
	const char *sentence;
	const char *content;
	size_t length; /* 0: that of the string */
	mode_t mode;
	const char *secret; /* NULL: refused */
	const char *why;
} file_cases[] = {
    {"A secret is the first line of its file.", "geheim\nmore\n", 0, 0600,
	"geheim", NULL},
    {"A file needs no line end.", "geheim", 0, 0600, "geheim", NULL},
    {"CRLF ends a line, too.", "geheim\r\n", 0, 0600, "geheim", NULL},
    {"Blanks belong to a secret.", " ge heim \n", 0, 0600, " ge heim ", NULL},
    {"The group may read the file.", "geheim\n", 0, 0640, "geheim", NULL},
    {"Others may not read the file.", "geheim\n", 0, 0604, NULL, "others"},
    {"An empty file has no secret.", "", 0, 0600, NULL, "empty"},
    {"An empty first line is no secret.", "\ngeheim\n", 0, 0600, NULL, "empty"},
    {"A line of CR is empty.", "\r\n", 0, 0600, NULL, "empty"},
    {"A NUL is no text.", "ge\0heim\n", 8, 0600, NULL, "no text"},
};

static void
write_file(char *name, const char *content, size_t length, mode_t mode)
{
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, length), (ssize_t)length);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
reads_file(void **state)
{
	const struct file_case *row = *state;
	char name[] = "test_secret_XXXXXX", secret[SECRET_SIZE] = "before";
	struct text why;
	bool done;

	text_init(&why, 200);
	write_file(name, row->content,
	    row->length > 0 ? row->length : strlen(row->content), row->mode);
	done = secret_read_file(name, secret, deadline_in(1), &why);
	unlink(name);
	assert_int_equal(done, row->secret != NULL);
	assert_string_equal(secret, done ? row->secret : "before");
	if (!done)
		assert_contains(why.data, row->why);
	secret_wipe();
	text_release(&why);
}

static void
reads_the_longest_line(void **state)
{
	char name[] = "test_secret_XXXXXX", secret[SECRET_SIZE];
	char line[SECRET_SIZE + 2];
	struct text why;

	(void)state;
	text_init(&why, 200);
	memset(line, 'k', sizeof(line));
	memcpy(line + SECRET_SIZE - 1, "\r\nx", 3);
	write_file(name, line, sizeof(line), 0600);
	assert_true(secret_read_file(name, secret, deadline_in(1), &why));
	assert_int_equal(strlen(secret), SECRET_SIZE - 1);
	unlink(name);
	memcpy(name, "test_secret_XXXXXX", sizeof(name));
	line[SECRET_SIZE - 1] = 'k';
	write_file(name, line, sizeof(line), 0600);
	assert_false(secret_read_file(name, secret, deadline_in(1), &why));
	assert_contains(why.data, "too long");
	unlink(name);
	secret_wipe();
	text_release(&why);
}

static void
refuses_what_is_no_file(void **state)
{
	static const char *const names[] = {".", "/dev/null", "no such file"};
	char secret[SECRET_SIZE], name[] = "test_secret_fifo_XXXXXX";
	struct text why;

	(void)state;
	text_init(&why, 1000);
	for (size_t i = 0; i < UNIT_COUNT(names); i++)
		assert_false(
		    secret_read_file(names[i], secret, deadline_in(1), &why));
	assert_contains(why.data, "neither a file nor a pipe");
	assert_contains(why.data, "No such file");
	/* Nobody will ever write into it. */
	assert_int_equal(mkdtemp(name) != NULL && rmdir(name) == 0, 1);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_false(secret_read_file(name, secret, deadline_in(1), &why));
	unlink(name);
	text_release(&why);
}

static void
reads_a_pipe(void **state)
{
	char secret[SECRET_SIZE], name[32];
	struct text why;
	int end[2];

	(void)state;
	text_init(&why, 200);
	assert_int_equal(pipe(end), 0);
	assert_int_equal(write(end[1], "geheim\n", 7), 7);
	close(end[1]);
	text_print(name, sizeof(name), "/dev/fd/%d", end[0]);
	assert_true(secret_read_file(name, secret, deadline_in(1), &why));
	assert_string_equal(secret, "geheim");
	close(end[0]);
	secret_wipe();
	text_release(&why);
}

int
main(void)
{
	int failed;

	UNIT_TABLE(mask_cases, masks);
	unit_add("Base64 is masked behind any number of bytes.",
	    masks_every_neighbourhood);
	unit_add("Of a secret within another nothing is left.",
	    masks_the_longer_of_two);
	unit_add("What is masked may hold NUL.", bytes_may_hold_nul);
	unit_add("A secret may be long, and they may be many.", has_limits);
	unit_add(
	    "What is forgotten is gone, where it was loaded to, too.", forgets);
	unit_add("With a secret there is no core dump.", leaves_no_core);
	unit_add(
	    "A secret taken is overwritten where it was.", takes_from_a_string);
	UNIT_TABLE(file_cases, reads_file);
	unit_add("A line may be as long as a secret, and no longer.",
	    reads_the_longest_line);
	unit_add("A pipe is as good as a file.", reads_a_pipe);
	unit_add("Folders, devices and a FIFO that nobody writes hold none.",
	    refuses_what_is_no_file);
	failed = unit_run("secret");
	/* LeakSanitizer wants to trace us. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return failed;
}
