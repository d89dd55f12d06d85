/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_dane - chains made here against TLSA records made of them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "dane.h"
#include "unit.h"

/* All certificates are valid from January to March 2026. */
enum { BEFORE = 1764547200, WITHIN = 1768478400, AFTER = 1780272000 };

enum who { LEAF, INTERMEDIATE, ROOT, STRANGER, CERTIFICATES };

static const char host[] = "mx1.example.com";

static EVP_PKEY *keys[CERTIFICATES];
static EVP_PKEY *rsa; /* short, and so are its signatures */
static X509 *made[CERTIFICATES];

static X509 *
start(const char *subject, const char *issuer, EVP_PKEY *key)
{
	X509 *x509 = X509_new();

	assert_non_null(x509);
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	ASN1_TIME_set_string(X509_getm_notBefore(x509), "20260101000000Z");
	ASN1_TIME_set_string(X509_getm_notAfter(x509), "20260401000000Z");
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN",
	    MBSTRING_ASC, (const unsigned char *)subject, -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(x509), "CN",
	    MBSTRING_ASC, (const unsigned char *)issuer, -1, -1, 0);
	X509_set_pubkey(x509, key);
	return x509;
}

static void
add_extension(X509 *x509, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *
make_authority(
    const char *subject, const char *issuer, EVP_PKEY *key, EVP_PKEY *signer)
{
	X509 *x509 = start(subject, issuer, key);

	add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(x509, signer, EVP_sha256()) > 0);
	return x509;
}

static X509 *
make_leaf(
    const char *name, EVP_PKEY *key, EVP_PKEY *signer, const EVP_MD *digest)
{
	X509 *x509 = start("leaf", "intermediate", key);
	char names[128];

	snprintf(names, sizeof(names), "DNS:%s", name);
	add_extension(x509, NID_subject_alt_name, names);
	assert_true(X509_sign(x509, signer, digest) > 0);
	return x509;
}

static void
set_up(void)
{
	for (int i = 0; i < CERTIFICATES; i++)
		keys[i] = EVP_EC_gen("P-256");
	rsa = EVP_RSA_gen(1024);
	made[ROOT] = make_authority("root", "root", keys[ROOT], keys[ROOT]);
	made[INTERMEDIATE] = make_authority(
	    "intermediate", "root", keys[INTERMEDIATE], keys[ROOT]);
	made[LEAF] =
	    make_leaf(host, keys[LEAF], keys[INTERMEDIATE], EVP_sha256());
	made[STRANGER] =
	    make_authority("root", "root", keys[STRANGER], keys[STRANGER]);
}

static void
tear_down(void)
{
	for (int i = 0; i < CERTIFICATES; i++) {
		X509_free(made[i]);
		EVP_PKEY_free(keys[i]);
	}
	EVP_PKEY_free(rsa);
}

/* The bytes that a record holds, or the digest of. */
static size_t
select_bytes(const X509 *x509, unsigned selector, unsigned char **bytes)
{
	int length = selector == 0 ? i2d_X509(x509, bytes)
				   : i2d_PUBKEY(X509_get0_pubkey(x509), bytes);

	assert_true(length > 0);
	return (size_t)length;
}

enum { DATA_MAX = 2048, RECORDS = 3 };

static struct tlsa_set set;

static void
add_record(
    unsigned usage, unsigned selector, unsigned matching, const X509 *x509)
{
	static unsigned char data[RECORDS][DATA_MAX];
	unsigned char *bytes = NULL, *out = data[set.count];
	size_t length = select_bytes(x509, selector, &bytes);
	unsigned digested = 0;

	assert_true(set.count < RECORDS && length <= DATA_MAX);
	if (matching == 0)
		memcpy(out, bytes, length);
	else
		EVP_Digest(bytes, length, out, &digested,
		    matching == 2 ? EVP_sha512() : EVP_sha256(), NULL);
	OPENSSL_free(bytes);
	set.record[set.count++] = (struct tlsa){
	    .usage = (uint8_t)usage,
	    .selector = (uint8_t)selector,
	    .matching = (uint8_t)matching,
	    .data = out,
	    .length = matching == 0 ? length : digested,
	};
}

static struct chain chain;

static void
show(const X509 *x509)
{
	chain_read(&chain, chain.count, x509);
	chain_keep(&chain, chain.count++, x509);
	chain.sent++;
}

static void
begin(void)
{
	chain_release(&chain);
	memset(&chain, 0, sizeof(chain));
	memset(&set, 0, sizeof(set));
	text_print(set.base, sizeof(set.base), "%s", host);
}

/* "LIR": leaf, intermediate, root. */
static void
send_chain(const char *letters)
{
	for (; *letters != '\0'; letters++)
		show(made[*letters == 'L' ? LEAF
			: *letters == 'I' ? INTERMEDIATE
					  : ROOT]);
}

static bool
matches(const char *name, int64_t when, bool matched[TLSA_MAX])
{
	const char *names[] = {name, NULL};
	bool any = dane_match(&set, &chain, names, when, matched);

	for (size_t i = set.count; i < TLSA_MAX; i++)
		assert_false(matched[i]);
	return any;
}

static const struct match_case {
	const char *sentence;
	unsigned usage, selector, matching;
	enum who of;
	const char *sent;
	const char *name; /* that was looked up; NULL: the leaf's own */
	int64_t when;
	bool matched;
} match_cases[] = {
    {"3 1 1 of the leaf matches.", 3, 1, 1, LEAF, "LI", NULL, WITHIN, true},
    {"3 1 2 of the leaf matches.", 3, 1, 2, LEAF, "LI", NULL, WITHIN, true},
    {"3 1 0 of the leaf matches.", 3, 1, 0, LEAF, "LI", NULL, WITHIN, true},
    {"3 0 1 of the leaf matches.", 3, 0, 1, LEAF, "LI", NULL, WITHIN, true},
    {"3 0 2 of the leaf matches.", 3, 0, 2, LEAF, "LI", NULL, WITHIN, true},
    {"3 0 0 of the leaf matches.", 3, 0, 0, LEAF, "LI", NULL, WITHIN, true},
    {"Usage 3 needs no more than the leaf.", 3, 1, 1, LEAF, "L", NULL, WITHIN,
	true},
    {"Usage 3 ignores the name.", 3, 1, 1, LEAF, "LI", "mx2.example.net",
	WITHIN, true},
    {"Usage 3 ignores that the leaf has expired.", 3, 1, 1, LEAF, "LI", NULL,
	AFTER, true},
    {"Usage 3 ignores that the leaf is not yet valid.", 3, 0, 1, LEAF, "LI",
	NULL, BEFORE, true},
    {"Usage 3 of another key does not match.", 3, 1, 1, STRANGER, "LI", NULL,
	WITHIN, false},
    {"Usage 3 of the issuer does not match.", 3, 1, 1, INTERMEDIATE, "LI", NULL,
	WITHIN, false},
    {"2 0 1 of the root matches.", 2, 0, 1, ROOT, "LIR", NULL, WITHIN, true},
    {"2 1 1 of the root matches.", 2, 1, 1, ROOT, "LIR", NULL, WITHIN, true},
    {"2 0 2 of the root matches.", 2, 0, 2, ROOT, "LIR", NULL, WITHIN, true},
    {"2 1 2 of the root matches.", 2, 1, 2, ROOT, "LIR", NULL, WITHIN, true},
    {"2 0 0 of the root matches.", 2, 0, 0, ROOT, "LIR", NULL, WITHIN, true},
    {"2 0 1 of the intermediate matches.", 2, 0, 1, INTERMEDIATE, "LI", NULL,
	WITHIN, true},
    {"2 1 1 of the intermediate matches, whatever is above.", 2, 1, 1,
	INTERMEDIATE, "LIR", NULL, WITHIN, true},
    {"The order of those above the leaf does not matter.", 2, 0, 1, ROOT, "LRI",
	NULL, WITHIN, true},
    {"Usage 2 wants the trust anchor sent.", 2, 0, 1, ROOT, "LI", NULL, WITHIN,
	false},
    {"A whole trust anchor in the record need not be sent.", 2, 0, 0, ROOT,
	"LI", NULL, WITHIN, true},
    {"Nor need its whole key.", 2, 1, 0, ROOT, "LI", NULL, WITHIN, true},
    {"Usage 2 wants what is between sent.", 2, 0, 1, ROOT, "LR", NULL, WITHIN,
	false},
    {"Usage 2 of a namesake does not match.", 2, 1, 1, STRANGER, "LIR", NULL,
	WITHIN, false},
    {"Usage 2 wants the name.", 2, 0, 1, ROOT, "LIR", "mx2.example.net", WITHIN,
	false},
    {"Usage 2 takes the name in any letter case.", 2, 0, 1, ROOT, "LIR",
	"MX1.Example.COM", WITHIN, true},
    {"Usage 2 minds that the leaf has expired.", 2, 0, 1, ROOT, "LIR", NULL,
	AFTER, false},
    {"Usage 2 minds that the leaf is not yet valid.", 2, 0, 1, ROOT, "LIR",
	NULL, BEFORE, false},
    {"Usage 1 of the leaf matches nothing.", 1, 1, 1, LEAF, "LIR", NULL, WITHIN,
	false},
    {"Usage 0 of the root matches nothing.", 0, 0, 1, ROOT, "LIR", NULL, WITHIN,
	false},
    {"An unknown matching type matches nothing.", 3, 1, 3, LEAF, "LI", NULL,
	WITHIN, false},
};

static void
matches_record(void **state)
{
	const struct match_case *row = *state;
	bool matched[TLSA_MAX];

	begin();
	add_record(row->usage, row->selector, row->matching, made[row->of]);
	send_chain(row->sent);
	assert_int_equal(
	    matches(row->name != NULL ? row->name : host, row->when, matched),
	    row->matched);
	assert_int_equal(matched[0], row->matched);
}

static const struct issuer_case {
	const char *sentence;
	unsigned usage;
	enum who of;
	const char *sent;
	bool matched;
} issuer_cases[] = {
    {"The issuer matches, whatever the name and dates.", 2, INTERMEDIATE, "LI",
	true},
    {"So does the root.", 2, ROOT, "LIR", true},
    {"One that was not sent does not.", 2, ROOT, "LI", false},
    {"Nor does a namesake.", 2, STRANGER, "LIR", false},
    {"What usage 3 vouches for is no issuer.", 3, LEAF, "LI", false},
};

/* The certificates have another name, and their time is a matter of luck. */
static void
matches_issuer(void **state)
{
	const struct issuer_case *row = *state;

	begin();
	text_print(set.base, sizeof(set.base), "mx2.example.net");
	add_record(row->usage, 0, 1, made[row->of]);
	send_chain(row->sent);
	assert_int_equal(dane_match_issuer(&set, &chain), row->matched);
}

static const struct name_case {
	const char *sentence;
	const char *certified;
	bool matched;
} name_cases[] = {
    {"The host's own name will do for usage 2.", "mx1.example.com", true},
    {"The domain's name will do.", "example.com", true},
    {"A wildcard in place of a label will do.", "*.example.com", true},
    {"A wildcard in a part of one will not.", "mx*.example.com", false},
    {"A wildcard for two labels will not.", "*.com", false},
    {"The name of another host will not.", "mx2.example.com", false},
};

static void
matches_name(void **state)
{
	static const char *const names[] = {
	    "mx1.example.com", "example.com", NULL};
	const struct name_case *row = *state;
	X509 *leaf = make_leaf(
	    row->certified, keys[LEAF], keys[INTERMEDIATE], EVP_sha256());
	bool matched[TLSA_MAX];

	begin();
	add_record(2, 0, 1, made[INTERMEDIATE]);
	show(leaf);
	show(made[INTERMEDIATE]);
	assert_int_equal(
	    dane_match(&set, &chain, names, WITHIN, matched), row->matched);
	X509_free(leaf);
}

/* Matching type 0: all of a certificate, or of a key, and nothing else. */
static void
wants_whole_data(void **state)
{
	(void)state;
	for (unsigned selector = 0; selector <= 1; selector++) {
		unsigned char *bytes = NULL;
		struct tlsa record = {
		    .usage = 3, .selector = (uint8_t)selector};
		unsigned char longer[DATA_MAX] = {0};

		record.length = select_bytes(made[LEAF], selector, &bytes);
		memcpy(longer, bytes, record.length);
		record.data = longer;
		assert_true(tlsa_is_usable(&record));
		record.length++;
		assert_false(tlsa_is_usable(&record));
		record.length -= 2;
		assert_false(tlsa_is_usable(&record));
		record.length++;
		record.selector = !selector;
		assert_false(tlsa_is_usable(&record));
		OPENSSL_free(bytes);
	}
}

/* Which of several records; one that matches is enough. */
static void
tells_records_apart(void **state)
{
	bool matched[TLSA_MAX];

	(void)state;
	begin();
	add_record(2, 0, 1, made[INTERMEDIATE]);
	add_record(3, 1, 1, made[STRANGER]);
	add_record(3, 1, 1, made[LEAF]);
	send_chain("LI");
	assert_true(matches(host, WITHIN, matched));
	assert_true(matched[0]);
	assert_false(matched[1]);
	assert_true(matched[2]);
	assert_true(matches("mx2.example.net", WITHIN, matched));
	assert_false(matched[0]);
	assert_true(matched[2]);
}

/* A key that nobody should use proves no less whose it is. */
static void
takes_weak_keys(void **state)
{
	X509 *leaf = make_leaf(host, rsa, keys[INTERMEDIATE], EVP_sha1());
	bool matched[TLSA_MAX];

	(void)state;
	begin();
	add_record(3, 1, 1, leaf);
	add_record(2, 1, 1, made[INTERMEDIATE]);
	show(leaf);
	show(made[INTERMEDIATE]);
	assert_true(matches(host, WITHIN, matched));
	assert_true(matched[0] && matched[1]);
	X509_free(leaf);
}

/* Names the intermediate as its issuer, which did not sign it. */
static void
refuses_forged_signature(void **state)
{
	X509 *leaf = make_leaf(host, keys[LEAF], keys[STRANGER], EVP_sha256());
	bool matched[TLSA_MAX];

	(void)state;
	begin();
	add_record(2, 0, 1, made[INTERMEDIATE]);
	show(leaf);
	show(made[INTERMEDIATE]);
	assert_false(matches(host, WITHIN, matched));
	X509_free(leaf);
}

static void
matches_nothing_without_records(void **state)
{
	bool matched[TLSA_MAX];

	(void)state;
	begin();
	send_chain("LIR");
	assert_false(matches(host, WITHIN, matched));
}

static void
matches_nothing_without_a_chain(void **state)
{
	bool matched[TLSA_MAX];

	(void)state;
	begin();
	add_record(3, 1, 1, made[LEAF]);
	assert_false(matches(host, WITHIN, matched));
	/* One that was seen, but not kept. */
	chain.count = 1;
	assert_false(matches(host, WITHIN, matched));
	assert_false(matched[0]);
}

static char file[] = "/tmp/test_dane.XXXXXX";

static FILE *
create_file(void)
{
	int fd;

	memcpy(file, "/tmp/test_dane.XXXXXX", sizeof(file));
	fd = mkstemp(file);
	assert_true(fd >= 0);
	return fdopen(fd, "w");
}

/* Reads and removes it; the reason, "" if there is none. */
static const char *
read_file(void)
{
	static char reason[256];
	struct text why;
	bool read;

	text_init(&why, 200);
	read = dane_read_chain(file, &chain, &why);
	unlink(file);
	text_print(reason, sizeof(reason), "%s", why.data);
	text_release(&why);
	assert_int_equal(read, reason[0] == '\0');
	assert_int_equal(read, chain.count > 0);
	return reason;
}

/* As certbot writes it, and with what else may stand there. */
static void
reads_a_chain(void **state)
{
	bool matched[TLSA_MAX];
	FILE *out;

	(void)state;
	begin();
	out = create_file();
	fputs("subject=leaf\n", out);
	PEM_write_X509(out, made[LEAF]);
	PEM_write_PrivateKey(out, keys[LEAF], NULL, NULL, 0, NULL, NULL);
	fputs("\n# the issuer\n", out);
	PEM_write_X509(out, made[INTERMEDIATE]);
	fclose(out);
	assert_string_equal(read_file(), "");
	assert_int_equal(chain.count, 2);
	assert_int_equal(chain.sent, 2);
	assert_string_equal(chain.certificate[0].names[0], host);
	assert_string_equal(chain.certificate[1].subject, "CN=intermediate");
	add_record(3, 0, 1, made[LEAF]);
	add_record(2, 0, 1, made[INTERMEDIATE]);
	assert_true(matches(host, WITHIN, matched));
	assert_true(matched[0] && matched[1]);
}

static void
bounds_a_chain(void **state)
{
	FILE *out;

	(void)state;
	begin();
	out = create_file();
	for (int i = 0; i < CHAIN_MAX + 4; i++)
		PEM_write_X509(out, made[LEAF]);
	fclose(out);
	assert_string_equal(read_file(), "");
	assert_int_equal(chain.count, CHAIN_MAX);
	assert_int_equal(chain.sent, CHAIN_MAX + 4);
}

static const struct file_case {
	const char *sentence;
	const char *text; /* NULL: there is no file */
	const char *why;  /* part of it */
} file_cases[] = {
    {"A file that is missing is told.", NULL, "can't be read"},
    {"An empty file holds no certificate.", "", "no certificate"},
    {"Nor does any other text.", "hello\n", "no certificate"},
    {"Nor does one that breaks off.", "-----BEGIN CERTIFICATE-----\nMIIB\n",
	"no certificate"},
    {"Nor does one of nonsense.",
	"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
	"no certificate"},
};

static void
refuses_file(void **state)
{
	const struct file_case *row = *state;
	const char *why;
	FILE *out;

	begin();
	out = create_file();
	if (row->text != NULL)
		fputs(row->text, out);
	fclose(out);
	if (row->text == NULL)
		unlink(file);
	why = read_file();
	assert_contains(why, row->why);
	assert_contains(why, file);
}

/* 32 octets in hex. */
static void
read_digest(const char *hex, unsigned char digest[32])
{
	assert_int_equal(strlen(hex), 64);
	assert_int_equal(strspn(hex, "0123456789abcdef"), 64);
	for (int i = 0; i < 32; i++) {
		const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};

		digest[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
}

static void
proposes(const X509 *x509)
{
	unsigned char digest[32], expected[32], *bytes = NULL;
	size_t length = select_bytes(x509, 1, &bytes);
	bool matched[TLSA_MAX];
	struct text out;

	begin();
	show(x509);
	text_init(&out, 300);
	assert_true(dane_record_for(&chain, &out));
	assert_int_equal(strncmp(out.data, "3 1 1 ", 6), 0);
	read_digest(out.data + 6, digest);
	text_release(&out);
	EVP_Digest(bytes, length, expected, NULL, EVP_sha256(), NULL);
	OPENSSL_free(bytes);
	assert_memory_equal(digest, expected, sizeof(digest));
	set.record[set.count++] = (struct tlsa){
	    .usage = 3,
	    .selector = 1,
	    .matching = 1,
	    .data = digest,
	    .length = sizeof(digest),
	};
	assert_true(matches(host, WITHIN, matched));
}

static void
proposes_a_record(void **state)
{
	X509 *leaf = make_leaf(host, rsa, keys[INTERMEDIATE], EVP_sha256());

	(void)state;
	proposes(made[LEAF]);
	proposes(leaf);
	X509_free(leaf);
}

static void
proposes_nothing_without_a_chain(void **state)
{
	struct text out;

	(void)state;
	begin();
	text_init(&out, 300);
	assert_false(dane_record_for(&chain, &out));
	assert_string_equal(out.data, "");
	text_release(&out);
}

int
main(void)
{
	int failed;

	set_up();
	UNIT_TABLE(match_cases, matches_record);
	UNIT_TABLE(name_cases, matches_name);
	UNIT_TABLE(issuer_cases, matches_issuer);
	unit_add("Whole data is usable if it is what it should be.",
	    wants_whole_data);
	unit_add(
	    "Of several records each has its own answer.", tells_records_apart);
	unit_add("Weak keys and signatures match as well.", takes_weak_keys);
	unit_add("A forged signature does not.", refuses_forged_signature);
	unit_add("Without records nothing matches.",
	    matches_nothing_without_records);
	unit_add("Without a chain nothing matches.",
	    matches_nothing_without_a_chain);
	unit_add("A chain is read from a file, leaf first.", reads_a_chain);
	unit_add(
	    "Of a very long chain the first ones are kept.", bounds_a_chain);
	UNIT_TABLE(file_cases, refuses_file);
	unit_add("The record proposed matches, RSA and ECDSA alike.",
	    proposes_a_record);
	unit_add("Without a chain none is proposed.",
	    proposes_nothing_without_a_chain);
	failed = unit_run("dane");
	begin();
	tear_down();
	return failed;
}
