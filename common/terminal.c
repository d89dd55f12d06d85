/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal - what a person sees the output on */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal.h"

size_t
terminal_columns(int descriptor)
{
	struct winsize size;

	return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
	    ? size.ws_col
	    : TERMINAL_WIDTH;
}

static size_t
width_of(int descriptor)
{
	size_t columns = terminal_columns(descriptor);

	if (columns < TERMINAL_WIDTH_MIN)
		return TERMINAL_WIDTH_MIN;
	return columns < TERMINAL_WIDTH_MAX ? columns : TERMINAL_WIDTH_MAX;
}

/* "" where it is not set. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "";
}

static bool
shows_colour(void)
{
	const char *term = variable("TERM");

	return term[0] != '\0' && strcmp(term, "dumb") != 0;
}

struct terminal
terminal_of(int descriptor)
{
	return (struct terminal){
	    .width = width_of(descriptor),
	    .colour = isatty(descriptor) && shows_colour()
		&& variable("NO_COLOR")[0] == '\0',
	};
}
