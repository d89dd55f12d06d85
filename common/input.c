/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input - what the user hands over as a file, a pipe or the standard input */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"

static ssize_t
refuse(struct text *why, const char *reason)
{
	text_add(why, "%s", reason);
	return -1;
}

bool
input_is_file(const char *file)
{
	struct stat status;

	return stat(file, &status) == 0 && S_ISREG(status.st_mode);
}

int
input_open(const char *file, struct text *why)
{
	struct stat status;
	int fd;

	if (strcmp(file, "-") == 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		refuse(why, strerrordesc_np(errno));
		return -1;
	}
	if (strcmp(file, "-") == 0
	    || (fstat(fd, &status) == 0
		&& (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode))))
		return fd;
	close(fd);
	refuse(why, "neither a file nor a pipe");
	return -1;
}

/* As poll() has it, but for signals. */
static int
poll_until(int fd, struct deadline deadline)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int ready;

	do
		ready = poll(&poll_fd, 1, deadline_left_ms(deadline));
	while (ready < 0 && errno == EINTR);
	return ready;
}

bool
input_is_ready(int fd, struct deadline deadline)
{
	return poll_until(fd, deadline) != 0;
}

/* Until there is something to read, the end included. */
static ssize_t
await(int fd, struct deadline deadline, struct text *why)
{
	int ready = poll_until(fd, deadline);

	if (ready == 0)
		return refuse(why, "nothing more came in time");
	return ready < 0 ? refuse(why, strerrordesc_np(errno)) : 0;
}

static ssize_t
read_on(int fd, char *bytes, size_t size, bool line, struct deadline deadline,
    struct text *why)
{
	size_t got = 0;

	while (got < size && !(line && memchr(bytes, '\n', got) != NULL)) {
		ssize_t more;

		if (await(fd, deadline, why) < 0)
			return -1;
		more = read(fd, bytes + got, size - got);
		if (more == 0)
			break;
		if (more > 0)
			got += (size_t)more;
		else if (errno != EAGAIN && errno != EINTR)
			return refuse(why, strerrordesc_np(errno));
	}
	return (ssize_t)got;
}

ssize_t
input_read(int fd, char *bytes, size_t size, struct deadline deadline,
    struct text *why)
{
	return read_on(fd, bytes, size, false, deadline, why);
}

ssize_t
input_read_line(int fd, char *bytes, size_t size, struct deadline deadline,
    struct text *why)
{
	return read_on(fd, bytes, size, true, deadline, why);
}
