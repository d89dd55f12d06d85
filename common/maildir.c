/* SPDX-License-Identifier: GPL-3.0-or-later */
/* maildir - a Maildir of this host, looked into for one message */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maildir.h"

enum {
	HEAD_MAX = 65536,    /* bytes of a message, enough for its headers */
	SECONDS_DAY = 86400, /* that a file server's clock may be behind */
};

bool
maildir_valid(const char *folder, struct text *why)
{
	struct stat status;

	if (folder[0] == '\0')
		text_add(why, "empty");
	else if (stat(folder, &status) != 0 || S_ISDIR(status.st_mode))
		return true;
	else
		text_add(why, "not a folder");
	return false;
}

void
maildir_open(struct maildir *maildir, const char *folder, const char *header)
{
	*maildir = (struct maildir){
	    .folder = folder,
	    .header = header,
	    .since = time(NULL) - SECONDS_DAY,
	};
}

/* The first hindrance of a look is told. */
static void
hinder(struct maildir *maildir, const char *part, const char *name, int error)
{
	char text[LOOK_WHY_SIZE];

	if (maildir->why[0] != '\0')
		return;
	text_print(text, sizeof(text), "%s/%s%s%s: %s", maildir->folder, part,
	    name[0] != '\0' ? "/" : "", name, strerrordesc_np(error));
	printable(maildir->why, sizeof(maildir->why), text, strlen(text));
}

/* Whether a line is the header with the token. */
static bool
line_matches(const struct maildir *maildir, const char *line, size_t length)
{
	size_t name_length = strlen(maildir->header);
	struct cursor value = {line + name_length + 1, line + length};
	struct cursor word;

	if (length <= name_length || line[name_length] != ':'
	    || strncasecmp(line, maildir->header, name_length) != 0)
		return false;
	cursor_skip_blanks(&value);
	return cursor_word(&value, &word)
	    && cursor_equals(&word, maildir->token);
}

/* Up to the empty line that ends the headers. */
static bool
headers_match(const struct maildir *maildir, const char *at, size_t length)
{
	const char *end = at + length;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline != NULL ? newline : end;
		const char *last = stop;

		if (last > at && last[-1] == '\r')
			last--;
		if (last == at)
			return false;
		if (line_matches(maildir, at, (size_t)(last - at)))
			return true;
		at = stop + 1;
	}
	return false;
}

/* False with errno set if it can't be read. */
static bool
read_headers(const struct maildir *maildir, int fd, bool *matches)
{
	char head[HEAD_MAX];
	size_t length = 0;
	ssize_t more;

	while ((more = read(fd, head + length, sizeof(head) - length)) > 0)
		length += (size_t)more;
	*matches = headers_match(maildir, head, length);
	return more == 0;
}

static bool
file_matches(
    struct maildir *maildir, int folder, const char *part, const char *name)
{
	bool matches = false;
	struct stat status;
	int fd;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0
	    || !S_ISREG(status.st_mode) || status.st_mtime < maildir->since)
		return false;
	/* It may have become something else meanwhile. */
	fd = openat(folder, name,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || !read_headers(maildir, fd, &matches))
		if (errno != ENOENT)
			hinder(maildir, part, name, errno);
	if (fd >= 0)
		close(fd);
	return matches;
}

/* One that was moved meanwhile is found where it is now, or next time. */
static bool
take(struct maildir *maildir, int folder, const char *name)
{
	maildir->removed = unlinkat(folder, name, 0) == 0;
	return maildir->removed || errno != ENOENT;
}

static enum look
look_into(struct maildir *maildir, const char *part, struct deadline deadline)
{
	enum look look = LOOK_NOT_YET;
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *folder;

	text_print(path, sizeof(path), "%s/%s", maildir->folder, part);
	folder = opendir(path);
	if (folder == NULL) {
		hinder(maildir, part, "", errno);
		return errno == ENOENT ? LOOK_NOT_YET : LOOK_FAILED;
	}
	while (look == LOOK_NOT_YET && (entry = readdir(folder)) != NULL) {
		if (deadline_passed(deadline)) {
			if (!maildir->looked)
				hinder(maildir, part, "", ETIMEDOUT);
			break;
		}
		if (entry->d_name[0] != '.'
		    && file_matches(maildir, dirfd(folder), part, entry->d_name)
		    && take(maildir, dirfd(folder), entry->d_name))
			look = LOOK_FOUND;
	}
	closedir(folder);
	return look;
}

/* Of an account that has had no mail yet: whoever delivers makes it. */
static bool
is_to_be_made(const char *folder)
{
	char parent[PATH_MAX];
	char *slash;

	if (access(folder, F_OK) == 0 || errno != ENOENT)
		return false;
	text_print(parent, sizeof(parent), "%s", folder);
	while ((slash = strrchr(parent, '/')) != NULL && slash[1] == '\0'
	    && slash > parent)
		*slash = '\0';
	if (slash == NULL || slash == parent)
		return slash == NULL;
	*slash = '\0';
	return access(parent, X_OK) == 0;
}

bool
maildir_enter(struct maildir *maildir)
{
	char new[PATH_MAX];

	text_print(new, sizeof(new), "%s/new", maildir->folder);
	if (access(new, R_OK | X_OK) != 0) {
		int error = errno;

		if (!is_to_be_made(maildir->folder))
			hinder(maildir, "new", "", error);
	}
	return maildir->why[0] == '\0';
}

/* Messages go from "new" to "cur", never back. */
enum look
maildir_take(struct maildir *maildir, struct deadline deadline)
{
	enum look look;

	maildir->why[0] = '\0';
	look = look_into(maildir, "new", deadline);
	if (look == LOOK_NOT_YET)
		look = look_into(maildir, "cur", deadline);
	if (look == LOOK_FOUND)
		maildir->why[0] = '\0';
	if (maildir->why[0] == '\0')
		maildir->looked = true;
	return look;
}
