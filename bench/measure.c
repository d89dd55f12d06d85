/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure - what one run of a command takes
 *
 * usage: measure COMMAND...
 * Prints its exit status (128 and the signal after a death), CPU time (user
 * and system, in microseconds), peak resident set (KiB) and wall time
 * (microseconds); of what it started itself and waited for, too. What it says
 * goes nowhere.
 *
 * A small program of its own: Linux counts into the peak of a process what it
 * was before exec(), which would be a whole Perl. What this one is (some 1.5
 * MiB) is the least that it can tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static long long
time_us(const struct timeval *time)
{
	return time->tv_sec * 1000000LL + time->tv_usec;
}

static int
start(pid_t *pid, char **command)
{
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
		    fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
	return posix_spawnp(pid, command[0], &actions, NULL, command, environ);
}

int
main(int argc, char **argv)
{
	struct rusage usage;
	long long began = clock_us();
	pid_t pid;
	int status, error = argc > 1 ? start(&pid, argv + 1) : EINVAL;

	if (error != 0) {
		fprintf(stderr, "measure: %s\n", strerror(error));
		return 1;
	}
	if (wait4(pid, &status, 0, &usage) != pid) {
		perror("measure");
		return 1;
	}
	printf("%d %lld %ld %lld\n",
	    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
	    time_us(&usage.ru_utime) + time_us(&usage.ru_stime),
	    usage.ru_maxrss, clock_us() - began);
	return 0;
}
