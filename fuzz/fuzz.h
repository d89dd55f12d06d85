/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz - what the harnesses share
 *
 * Each is one file with libFuzzer's entry: it hands the bytes to a module as
 * a hostile world would, and ends the process where a promise of that
 * module's header is broken; sanitizers see to the rest.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns.h"

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Ends the process, which keeps the input, unless it holds. */
#define fuzz_require(holds) fuzz_check((holds), #holds)

void fuzz_check(bool holds, const char *what);

/* What printable() would leave alone. */
void fuzz_require_printable(const char *string);

/* A C string of the bytes, a NUL made a '?'; to be freed. */
char *fuzz_string(const uint8_t *bytes, size_t size);

/*
 * Cuts a string at each newline into at most `max` of them; returns how many.
 * `lines` has room for a NULL at its end.
 */
size_t fuzz_lines(char *string, char **lines, size_t max);

/* An answer with each line as a TXT record; dns_release() frees it. */
struct dns_answer fuzz_txt(const uint8_t *bytes, size_t size);

#endif
