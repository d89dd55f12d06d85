/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_certificate - facts of certificates made here, read from their DER */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "certificate.h"
#include "unit.h"

/* A string literal with the NULs inside it counted. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static EVP_PKEY *key; /* P-256, whom all but the strength tests use */

static X509 *
start(void)
{
	X509 *x509 = X509_new();

	assert_non_null(x509);
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	ASN1_TIME_set_string(X509_getm_notBefore(x509), "20260101000000Z");
	ASN1_TIME_set_string(X509_getm_notAfter(x509), "20260401000000Z");
	X509_set_pubkey(x509, key);
	return x509;
}

static void
add_common_name(X509_NAME *name, const char *bytes, size_t length)
{
	assert_int_equal(
	    X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
		(const unsigned char *)bytes, (int)length, -1, 0),
	    1);
}

static GENERAL_NAME *
general_name(int type, int string_type, const char *bytes, size_t length)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = ASN1_STRING_type_new(string_type);

	assert_int_equal(ASN1_STRING_set(string, bytes, (int)length), 1);
	GENERAL_NAME_set0_value(name, type, string);
	return name;
}

static GENERAL_NAME *
dns_name(const char *bytes, size_t length)
{
	return general_name(GEN_DNS, V_ASN1_IA5STRING, bytes, length);
}

static GENERAL_NAME *
address_name(const char *bytes, size_t length)
{
	return general_name(GEN_IPADD, V_ASN1_OCTET_STRING, bytes, length);
}

/* Takes the names. */
static void
add_alternative_names(X509 *x509, GENERAL_NAMES *names)
{
	assert_int_equal(
	    X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0), 1);
	GENERAL_NAMES_free(names);
}

static void
add_dns_name(X509 *x509, const char *bytes, size_t length)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	sk_GENERAL_NAME_push(names, dns_name(bytes, length));
	add_alternative_names(x509, names);
}

/* As from the network: signed, through DER. Takes `x509`. */
static X509 *
finish(X509 *x509, EVP_PKEY *signer, const EVP_MD *digest)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	X509 *again;
	int length;

	assert_true(X509_sign(x509, signer, digest) > 0);
	length = i2d_X509(x509, &der);
	assert_true(length > 0);
	X509_free(x509);
	at = der;
	again = d2i_X509(NULL, &at, length);
	assert_non_null(again);
	OPENSSL_free(der);
	return again;
}

static struct certificate certificate;

static void
read_it(const X509 *x509)
{
	memset(&certificate, 0, sizeof(certificate));
	certificate_read(&certificate, x509, CERTIFICATE_NAMES_MAX);
}

/* Signs and reads. Takes `x509`. */
static void
finish_and_read(X509 *x509)
{
	x509 = finish(x509, key, EVP_sha256());
	read_it(x509);
	X509_free(x509);
}

static void
reads_facts(void **state)
{
	unsigned char *der = NULL, digest[32];
	X509 *x509 = start();
	char hex[65];
	int length;

	(void)state;
	add_common_name(X509_get_subject_name(x509), BYTES("mx1.example.com"));
	add_common_name(X509_get_issuer_name(x509), BYTES("Example CA"));
	add_dns_name(x509, BYTES("mx1.example.com"));
	x509 = finish(x509, key, EVP_sha256());
	read_it(x509);
	assert_string_equal(certificate.subject, "CN=mx1.example.com");
	assert_string_equal(certificate.issuer, "CN=Example CA");
	assert_false(certificate.self_issued);
	assert_true(certificate.has_dns_name);
	assert_int_equal(certificate.name_count, 1);
	assert_string_equal(certificate.names[0], "mx1.example.com");
	assert_true(certificate.dates_valid);
	assert_int_equal(certificate.not_before, 1767225600);
	assert_int_equal(certificate.not_after, 1775001600);
	assert_true(certificate_lifetime_days(&certificate) == 90);

	length = i2d_X509(x509, &der);
	EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(certificate.sha256, hex);
	OPENSSL_free(der);
	X509_free(x509);
}

static void
knows_self_issued(void **state)
{
	X509 *x509 = start();

	(void)state;
	add_common_name(X509_get_subject_name(x509), BYTES("Same"));
	add_common_name(X509_get_issuer_name(x509), BYTES("Same"));
	finish_and_read(x509);
	assert_true(certificate.self_issued);
}

static void
reads_empty_names(void **state)
{
	(void)state;
	finish_and_read(start());
	assert_string_equal(certificate.subject, "");
	assert_int_equal(certificate.name_count, 0);
	assert_false(certificate.has_dns_name);
}

static const struct date_case {
	const char *sentence;
	int type;
	const char *date;
	bool valid;
	int64_t seconds;
} date_cases[] = {
    {"A date of two-digit year is read.", V_ASN1_UTCTIME, "260401000000Z", true,
	1775001600},
    {"A two-digit year of 50 is 1950.", V_ASN1_UTCTIME, "500101000000Z", true,
	-631152000},
    {"A date of four-digit year is read.", V_ASN1_GENERALIZEDTIME,
	"20500101000000Z", true, 2524608000},
    {"Year 1 is read.", V_ASN1_GENERALIZEDTIME, "00010101000000Z", true,
	INT64_C(-62135596800)},
    {"Year 9999, \"no end\" of RFC 5280, is read.", V_ASN1_GENERALIZEDTIME,
	"99991231235959Z", true, INT64_C(253402300799)},
    {"The end of 32-bit time is passed.", V_ASN1_GENERALIZEDTIME,
	"20380119031408Z", true, INT64_C(2147483648)},
    {"29 February of a leap year is read.", V_ASN1_UTCTIME, "280229000000Z",
	true, 1835395200},
    {"Garbage is unreadable.", V_ASN1_UTCTIME, "garbage", false, 0},
    {"An empty date is unreadable.", V_ASN1_UTCTIME, "", false, 0},
    {"Month 13 is unreadable.", V_ASN1_UTCTIME, "261301000000Z", false, 0},
    {"30 February is unreadable.", V_ASN1_UTCTIME, "260230000000Z", false, 0},
    {"A date that breaks off is unreadable.", V_ASN1_GENERALIZEDTIME,
	"2026040100", false, 0},
};

static void
reads_end(void **state)
{
	const struct date_case *row = *state;
	X509 *x509 = start();
	ASN1_TIME *end = X509_getm_notAfter(x509);

	assert_int_equal(ASN1_STRING_set(end, row->date, -1), 1);
	end->type = row->type;
	finish_and_read(x509);
	assert_int_equal(certificate.dates_valid, row->valid);
	if (row->valid)
		assert_int_equal(certificate.not_after, row->seconds);
}

static void
reads_start(void **state)
{
	const struct date_case *row = *state;
	X509 *x509 = start();
	ASN1_TIME *begin = X509_getm_notBefore(x509);

	assert_int_equal(ASN1_STRING_set(begin, row->date, -1), 1);
	begin->type = row->type;
	finish_and_read(x509);
	assert_int_equal(certificate.dates_valid, row->valid);
	if (row->valid)
		assert_int_equal(certificate.not_before, row->seconds);
}

static const struct days_case {
	const char *sentence;
	int64_t left;
	int64_t days;
} days_cases[] = {
    {"A whole day left is 1.", 86400, 1},
    {"A second less is 0 days.", 86399, 0},
    {"The last second is 0 days.", 0, 0},
    {"A second after the end is -1.", -1, -1},
    {"A whole day after the end is -1.", -86400, -1},
    {"A second more is -2.", -86401, -2},
    {"61 days and some hours are 61.", 61 * 86400 + 50000, 61},
    {"Eight thousand years do not wrap.", INT64_C(253402300799), 2932896},
    {"Two thousand years ago do not wrap.", INT64_C(-62135596800), -719162},
};

static void
counts_days(void **state)
{
	const struct days_case *row = *state;

	memset(&certificate, 0, sizeof(certificate));
	certificate.not_after = row->left;
	assert_int_equal(certificate_days_left(&certificate, 0), row->days);
}

static const struct subject_case {
	const char *sentence;
	const char *bytes;
	size_t length;
} subject_cases[] = {
    {"Newlines in a subject are disarmed.", BYTES("a\nOK - fine")},
    {"Escape sequences in a subject are disarmed.", BYTES("\033[2J\033]0;x\a")},
    {"NUL in a subject is disarmed.", BYTES("good.example\0.evil.example")},
    {"C1 controls in a subject are disarmed.", BYTES("a\302\233b")},
    {"Bidirectional overrides in a subject are disarmed.",
	BYTES("\342\200\256moc.elpmaxe")},
    {"Line separators in a subject are disarmed.", BYTES("a\342\200\250b")},
};

/* Nothing but printable ASCII: all the rows hold no other letters. */
static void
assert_plain(const char *text)
{
	assert_true(*text != '\0');
	for (; *text != '\0'; text++)
		assert_in_range((unsigned char)*text, 0x20, 0x7e);
}

static void
disarms_subject(void **state)
{
	const struct subject_case *row = *state;
	X509 *x509 = start();

	add_common_name(X509_get_subject_name(x509), row->bytes, row->length);
	add_common_name(X509_get_issuer_name(x509), row->bytes, row->length);
	finish_and_read(x509);
	assert_plain(certificate.subject);
	assert_plain(certificate.issuer);
	assert_int_equal(certificate.name_count, 1);
	assert_plain(certificate.names[0]);
}

static void
disarms_alternative_name(void **state)
{
	const struct subject_case *row = *state;
	X509 *x509 = start();

	add_dns_name(x509, row->bytes, row->length);
	finish_and_read(x509);
	assert_int_equal(certificate.name_count, 1);
	assert_plain(certificate.names[0]);
}

static void
keeps_umlauts(void **state)
{
	X509 *x509 = start();

	(void)state;
	add_common_name(
	    X509_get_subject_name(x509), BYTES("M\303\274nchen GmbH"));
	finish_and_read(x509);
	assert_string_equal(certificate.subject, "CN=M\303\274nchen GmbH");
}

/* The upper bounds of X.520 are the issuer's to keep, not the reader's. */
static void
cuts_long_subject(void **state)
{
	char name[2000];
	X509 *x509 = start();
	ASN1_STRING *string;

	(void)state;
	memset(name, 'n', sizeof(name));
	add_common_name(X509_get_subject_name(x509), BYTES("x"));
	string = X509_NAME_ENTRY_get_data(
	    X509_NAME_get_entry(X509_get_subject_name(x509), 0));
	ASN1_STRING_set(string, name, sizeof(name));
	add_common_name(X509_get_subject_name(x509), BYTES("y"));
	finish_and_read(x509);
	assert_int_equal(
	    strlen(certificate.subject), sizeof(certificate.subject) - 1);
	assert_string_equal(
	    certificate.subject + sizeof(certificate.subject) - 4, "...");
}

static void
reads_addresses(void **state)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509 *x509 = start();

	(void)state;
	add_common_name(X509_get_subject_name(x509), BYTES("not this one"));
	sk_GENERAL_NAME_push(names, address_name(BYTES("\300\0\2\4")));
	sk_GENERAL_NAME_push(names,
	    address_name(BYTES("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\45")));
	sk_GENERAL_NAME_push(names, address_name(BYTES("\1\2\3\4\5")));
	add_alternative_names(x509, names);
	finish_and_read(x509);
	assert_false(certificate.has_dns_name);
	assert_int_equal(certificate.name_count, 3);
	assert_string_equal(certificate.names[0], "192.0.2.4");
	assert_string_equal(certificate.names[1], "2001:db8::25");
	assert_string_equal(certificate.names[2], "");
}

static void
keeps_64_names(void **state)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509 *x509 = start();
	char name[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		int length =
		    snprintf(name, sizeof(name), "mx%d.example.com", i);

		sk_GENERAL_NAME_push(names, dns_name(name, (size_t)length));
	}
	add_alternative_names(x509, names);
	finish_and_read(x509);
	assert_int_equal(certificate.name_count, 100);
	assert_int_equal(certificate.names_left_out, 36);
	assert_string_equal(certificate.names[63], "mx63.example.com");
}

static void
cuts_long_names(void **state)
{
	X509 *x509 = start();
	char name[5000];

	(void)state;
	memset(name, 'n', sizeof(name));
	add_dns_name(x509, name, sizeof(name));
	finish_and_read(x509);
	assert_int_equal(strlen(certificate.names[0]), DOMAIN_SIZE - 1);
	assert_string_equal(certificate.names[0] + DOMAIN_SIZE - 4, "...");
}

static void
falls_back_to_common_names(void **state)
{
	X509 *x509 = start();

	(void)state;
	add_common_name(X509_get_subject_name(x509), BYTES("mx1.example.com"));
	add_common_name(X509_get_subject_name(x509), BYTES("mx2.example.com"));
	finish_and_read(x509);
	assert_false(certificate.has_dns_name);
	assert_int_equal(certificate.name_count, 2);
	assert_string_equal(certificate.names[0], "mx1.example.com");
	assert_string_equal(certificate.names[1], "mx2.example.com");
}

static const struct bearer_case {
	const char *sentence;
	const char *common_name; /* NULL: none */
	const char *alternative; /* NULL: none */
	size_t length;
	const char *name;
	bool bears;
} bearer_cases[] = {
    {"A certificate bears its alternative name.", NULL,
	BYTES("mx1.example.com"), "mx1.example.com", true},
    {"Letter case does not matter.", NULL, BYTES("MX1.Example.COM"),
	"mx1.example.com", true},
    {"Another name does.", NULL, BYTES("mail.example.com"), "mx1.example.com",
	false},
    {"A wildcard covers one label.", NULL, BYTES("*.example.com"),
	"mx1.example.com", true},
    {"A wildcard does not cover two labels.", NULL, BYTES("*.example.com"),
	"mx1.eu.example.com", false},
    {"A wildcard does not cover the domain itself.", NULL,
	BYTES("*.example.com"), "example.com", false},
    {"A wildcard within a label covers nothing.", NULL,
	BYTES("mx*.example.com"), "mx1.example.com", false},
    {"A name does not end at NUL.", NULL,
	BYTES("mx1.example.com\0.evil.example"), "mx1.example.com", false},
    {"The common name stands in.", "mx1.example.com", NULL, 0,
	"mx1.example.com", true},
    {"The common name does not stand in beside an alternative name.",
	"mx1.example.com", BYTES("mail.example.com"), "mx1.example.com", false},
    {"A DNS name is not an address.", NULL, BYTES("192.0.2.4"), "192.0.2.4",
	false},
    {"A common name is not an address.", "192.0.2.4", NULL, 0, "192.0.2.4",
	false},
};

static void
bears_name(void **state)
{
	const struct bearer_case *row = *state;
	X509 *x509 = start();

	if (row->common_name != NULL)
		add_common_name(X509_get_subject_name(x509), row->common_name,
		    strlen(row->common_name));
	if (row->alternative != NULL)
		add_dns_name(x509, row->alternative, row->length);
	x509 = finish(x509, key, EVP_sha256());
	assert_int_equal(certificate_bears(x509, row->name), row->bears);
	X509_free(x509);
}

static void
bears_address(void **state)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509 *x509 = start();

	(void)state;
	sk_GENERAL_NAME_push(names, address_name(BYTES("\300\0\2\4")));
	sk_GENERAL_NAME_push(names,
	    address_name(BYTES("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\45")));
	add_alternative_names(x509, names);
	x509 = finish(x509, key, EVP_sha256());
	assert_true(certificate_bears(x509, "192.0.2.4"));
	assert_false(certificate_bears(x509, "192.0.2.5"));
	assert_true(certificate_bears(x509, "2001:db8::25"));
	assert_true(certificate_bears(x509, "2001:0DB8:0:0::25"));
	X509_free(x509);
}

static EVP_PKEY *
rsa_1024(void)
{
	return EVP_RSA_gen(1024);
}

static EVP_PKEY *
rsa_2048(void)
{
	return EVP_RSA_gen(2048);
}

static EVP_PKEY *
p_256(void)
{
	return EVP_EC_gen("P-256");
}

static EVP_PKEY *
p_384(void)
{
	return EVP_EC_gen("P-384");
}

static EVP_PKEY *
ed25519(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

/* Strengths are those of NIST SP 800-57; SHA-1 as OpenSSL rates it. */
static const struct strength_case {
	const char *sentence;
	EVP_PKEY *(*generate)(void);
	const EVP_MD *(*digest)(void); /* NULL: the key's own */
	const char *key_type;
	int key_bits; /* 0: not looked at */
	int key_strength;
	const char *signature;
	int least_strength, most_strength; /* of the signature */
} strength_cases[] = {
    {"RSA of 1024 bits has a strength of 80.", rsa_1024, EVP_sha256, "RSA",
	1024, 80, "sha256WithRSAEncryption", 128, 128},
    {"RSA of 2048 bits has a strength of 112.", rsa_2048, EVP_sha256, "RSA",
	2048, 112, "sha256WithRSAEncryption", 128, 128},
    {"P-256 has a strength of 128.", p_256, EVP_sha256, "EC", 256, 128,
	"ecdsa-with-SHA256", 128, 128},
    {"P-384 has a strength of 192.", p_384, EVP_sha384, "EC", 384, 192,
	"ecdsa-with-SHA384", 192, 192},
    {"Ed25519 has a strength of 128.", ed25519, NULL, "ED25519", 0, 128,
	"ED25519", 128, 128},
    {"SHA-1 has a strength below 80.", p_256, EVP_sha1, "EC", 256, 128,
	"ecdsa-with-SHA1", 1, 79},
    {"MD5 has a strength below 80.", rsa_1024, EVP_md5, "RSA", 1024, 80,
	"md5WithRSAEncryption", 1, 79},
};

static void
reads_strength(void **state)
{
	const struct strength_case *row = *state;
	EVP_PKEY *own = row->generate();
	X509 *x509 = start();

	assert_non_null(own);
	X509_set_pubkey(x509, own);
	x509 = finish(x509, own, row->digest != NULL ? row->digest() : NULL);
	read_it(x509);
	assert_string_equal(certificate.key_type, row->key_type);
	if (row->key_bits != 0)
		assert_int_equal(certificate.key_bits, row->key_bits);
	assert_int_equal(certificate.key_strength, row->key_strength);
	assert_string_equal(certificate.signature, row->signature);
	assert_in_range(certificate.signature_strength, row->least_strength,
	    row->most_strength);
	X509_free(x509);
	EVP_PKEY_free(own);
}

/* An algorithm that this OpenSSL does not know, by an OID of no meaning. */
static void
reads_unknown_key(void **state)
{
	static const unsigned char bits[] = {1, 2, 3, 4};
	X509 *x509 = start();
	X509_PUBKEY *holder = X509_get_X509_PUBKEY(x509);
	unsigned char *copy = OPENSSL_memdup(bits, sizeof(bits));

	(void)state;
	X509_PUBKEY_set0_param(holder, OBJ_txt2obj("1.2.3.4.5", 1),
	    V_ASN1_UNDEF, NULL, copy, sizeof(bits));
	finish_and_read(x509);
	assert_string_equal(certificate.key_type, "");
	assert_int_equal(certificate.key_strength, 0);
	assert_true(certificate.dates_valid);
}

static void
keeps_first_errors(void **state)
{
	static struct chain chain;

	(void)state;
	for (int i = 0; i < 20; i++)
		chain_add_error(&chain, FAULT_OTHER, i, "wrong");
	assert_int_equal(chain.error_count, CHAIN_ERRORS_MAX);
	assert_int_equal(chain.error[0].depth, 0);
	assert_int_equal(chain.error[CHAIN_ERRORS_MAX - 1].depth, 15);
	assert_string_equal(chain.error[3].text, "wrong");
}

int
main(void)
{
	int failed;

	key = p_256();
	UNIT_TABLE(date_cases, reads_end);
	UNIT_TABLE(date_cases, reads_start);
	UNIT_TABLE(days_cases, counts_days);
	UNIT_TABLE(subject_cases, disarms_subject);
	UNIT_TABLE(subject_cases, disarms_alternative_name);
	UNIT_TABLE(bearer_cases, bears_name);
	UNIT_TABLE(strength_cases, reads_strength);
	unit_add("All facts of a usual certificate are read.", reads_facts);
	unit_add("A certificate of its own issuer is known as such.",
	    knows_self_issued);
	unit_add("A certificate without any name is read.", reads_empty_names);
	unit_add("Umlauts in a subject stay.", keeps_umlauts);
	unit_add("A long subject is cut.", cuts_long_subject);
	unit_add("Addresses among the names are read, odd ones are empty.",
	    reads_addresses);
	unit_add("Of 100 names 64 are kept and all counted.", keeps_64_names);
	unit_add("A long name is cut.", cuts_long_names);
	unit_add("Without alternative names the common names stand in.",
	    falls_back_to_common_names);
	unit_add("A certificate bears the addresses in it.", bears_address);
	unit_add(
	    "A key of an unknown algorithm stays empty.", reads_unknown_key);
	unit_add("Of many errors the first are kept.", keeps_first_errors);
	failed = unit_run("certificate");
	EVP_PKEY_free(key);
	return failed;
}
