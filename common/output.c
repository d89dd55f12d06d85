/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output - the standard output: what it is, and bytes handed over whole */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

/* Until there is room, or the other end has gone: write() tells which. */
static void
await_room(void)
{
	struct pollfd poll_fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	while (poll(&poll_fd, 1, -1) < 0 && errno == EINTR)
		continue;
}

int
output_write(const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, length);

		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		} else if (written == 0) {
			return EIO;
		} else if (errno == EAGAIN) {
			await_room();
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

bool
output_is_file(void)
{
	struct stat status;

	return fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

/* Many may share /dev/null or a terminal, and read nothing of what we write. */
static bool
is_kept(const struct stat *status)
{
	return S_ISREG(status->st_mode) || S_ISFIFO(status->st_mode);
}

bool
output_is(int fd)
{
	struct stat other, own;

	return fstat(fd, &other) == 0 && fstat(STDOUT_FILENO, &own) == 0
	    && is_kept(&own) && other.st_dev == own.st_dev
	    && other.st_ino == own.st_ino;
}

bool
output_appends(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	return flags >= 0 && (flags & O_APPEND) != 0;
}
