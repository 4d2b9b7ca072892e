#include "integer.h"

// Writes and parses compact JSON: the daily work of interpreters, servers and compilers, where each byte decides what is next.

enum { depth_max = 8 };

typedef struct {
    char *out;
    const gcx_integer_word *words;
    uint64_t random;
    uint64_t objects;  // the lowest bit is set within an object, the next where an object is around this value, and so on
    uint32_t depth;
} writer;

// One to four words, and between them spaces and escapes.
static void write_string(writer *w) {
    static const gcx_integer_word separators[8] = {
        {" ", 1}, {" ", 1}, {" ", 1}, {"\\n", 2}, {"\\t", 2}, {"\\\"", 2}, {"\\\\", 2}, {"\\u00e9", 6},
    };
    uint64_t bits = gcx_random(&w->random);
    *w->out++ = '"';
    for (uint64_t more = bits >> 62;; more--) {
        w->out = gcx_integer_put(w->out, gcx_integer_pick(w->words, bits)) - 1;
        if (more == 0) break;
        w->out = gcx_integer_put(w->out, &separators[(bits >> 59) % 8]);
        bits = gcx_random(&w->random);
    }
    *w->out++ = '"';
}

// The digits of a random number are as random lowest first; and no number begins with a zero.
static char *write_digits(char *out, uint64_t value) {
    *out++ = (char)('1' + value % 9);
    for (value /= 9; value != 0; value /= 10) *out++ = (char)('0' + value % 10);
    return out;
}

static void write_number(writer *w) {
    uint64_t bits = gcx_random(&w->random);
    if ((bits >> 37) % 4 == 0) *w->out++ = '-';
    w->out = write_digits(w->out, (uint32_t)bits >> (bits >> 32) % 32);
    if ((bits >> 39) % 2 == 0) {
        *w->out++ = '.';
        w->out = write_digits(w->out, bits >> 48);
    }
    if ((bits >> 40) % 4 != 0) return;
    *w->out++ = 'e';
    if ((bits >> 42) % 2 == 0) *w->out++ = '-';
    w->out = write_digits(w->out, (bits >> 43) % 32);
}

static void write_scalar(writer *w, uint64_t bits) {
    static const gcx_integer_word literals[4] = {{"true", 4}, {"false", 5}, {"null", 4}, {"0", 1}};
    if (bits % 8 == 0) {
        w->out = gcx_integer_put(w->out, &literals[bits / 8 % 4]);
    } else if (bits % 2 == 0) {
        write_string(w);
    } else {
        write_number(w);
    }
}

static void write_open(writer *w, uint64_t is_object) {
    *w->out++ = is_object ? '{' : '[';
    w->objects = w->objects << 1 | is_object;
    w->depth++;
}

static void write_close(writer *w) {
    *w->out++ = w->objects & 1 ? '}' : ']';
    w->objects >>= 1;
    w->depth--;
}

static void write_key(writer *w, uint64_t bits) {
    if ((w->objects & 1) == 0) return;
    *w->out++ = '"';
    w->out = gcx_integer_put(w->out, gcx_integer_pick(w->words, bits));
    w->out[-1] = '"';
    *w->out++ = ':';
}

// A member of what is open: another that opens, or a scalar and perhaps the ends of some that are open. Openings are as likely
// as ends, so that the depth wanders over all its range.
static void write_member(writer *w) {
    uint64_t bits = gcx_random(&w->random);
    write_key(w, bits);
    bits >>= 24;
    if (bits % 4 == 0 && w->depth < depth_max) {
        write_open(w, bits / 4 % 2);
        return;
    }
    write_scalar(w, bits >> 3);
    for (bits >>= 8; bits % 4 == 0 && w->depth > 1; bits >>= 2) write_close(w);
    *w->out++ = ',';
}

size_t gcx_integer_write_json(char *json, size_t bytes, const gcx_integer_word *words, uint64_t random) {
    writer w = {.out = json, .words = words, .random = random};
    write_open(&w, 0);
    while (w.out < json + bytes) write_member(&w);
    write_key(&w, 0);
    write_scalar(&w, 0);
    while (w.depth > 0) write_close(&w);
    *w.out = 0;
    return (size_t)(w.out - json);
}

typedef struct {
    const char *at;
    uint64_t sum;
} parser;

static void parse_value(parser *p);

static uint64_t hex_digit(char digit) { return (uint64_t)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10); }

// Of the escapes, those that are written. `at` stands on the character after the backslash, then on the last of the escape.
static uint64_t parse_escape(const char **at) {
    uint64_t code = 0;
    switch (**at) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'u':
        for (int digit = 0; digit < 4; digit++) code = code * 16 + hex_digit(*++*at);
        return code;
    default: return (unsigned char)**at;
    }
}

static void parse_string(parser *p) {
    uint64_t sum = 0;
    const char *at = p->at + 1;
    for (; *at != '"'; at++) {
        uint64_t code = (unsigned char)*at;
        if (code == '\\') {
            at++;
            code = parse_escape(&at);
        }
        sum = sum * 31 + code;
    }
    p->at = at + 1;
    p->sum = gcx_integer_fold(p->sum, sum);
}

// Appends decimal digits to `number`, and returns how many.
static uint64_t parse_digits(parser *p, uint64_t *number) {
    const char *begin = p->at;
    for (; *p->at >= '0' && *p->at <= '9'; p->at++) *number = *number * 10 + (uint64_t)(*p->at - '0');
    return (uint64_t)(p->at - begin);
}

static uint64_t parse_sign(parser *p) {
    int is_negative = *p->at == '-';
    p->at += is_negative;
    return is_negative ? UINT64_MAX : 1;
}

// The number is its digits times a power of ten; minus is counted modulo 2^64.
static void parse_number(parser *p) {
    uint64_t digits = 0, power = 0, shift = 0;
    uint64_t sign = parse_sign(p);
    parse_digits(p, &digits);
    if (*p->at == '.') {
        p->at++;
        shift = parse_digits(p, &digits);
    }
    if (*p->at == 'e') {
        p->at++;
        uint64_t power_sign = parse_sign(p);
        parse_digits(p, &power);
        power *= power_sign;
    }
    p->sum = gcx_integer_fold(gcx_integer_fold(p->sum, sign * digits), power - shift);
}

static void parse_members(parser *p, char close) {
    uint64_t count = 0;
    for (p->at++; *p->at != close; count++) {
        if (*p->at == ',') p->at++;
        if (close == '}') {
            parse_string(p);
            p->at++;
        }
        parse_value(p);
    }
    p->at++;
    p->sum = gcx_integer_fold(p->sum, count);
}

static void parse_literal(parser *p, size_t length) {
    p->sum = gcx_integer_fold(p->sum, (unsigned char)*p->at);
    p->at += length;
}

static void parse_value(parser *p) {
    switch (*p->at) {
    case '{': parse_members(p, '}'); break;
    case '[': parse_members(p, ']'); break;
    case '"': parse_string(p); break;
    case 't':
    case 'n': parse_literal(p, 4); break;
    case 'f': parse_literal(p, 5); break;
    default: parse_number(p);
    }
}

uint64_t gcx_integer_parse_json(const char *json) {
    parser p = {.at = json};
    parse_value(&p);
    return p.sum;
}
