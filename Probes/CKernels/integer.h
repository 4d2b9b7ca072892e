// What the parts of the integer work share. Every result is the same on any architecture and from any compiler: the arithmetic
// is unsigned, and nothing depends on where the scratch lies or on what was in it.
#ifndef GCX_INTEGER_H
#define GCX_INTEGER_H

#include "splitmix.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The integer work reads numbers out of bytes, lowest byte first."
#endif

enum {
    gcx_integer_words = 2048,
    gcx_integer_text_bytes = 64 << 10,  // every offset into it fits in 16 bits
    gcx_integer_text_slack = 64,        // what the last words write past the end
    // Room even for text that does not compress, and for what the last copy writes past the end.
    gcx_integer_packed_bytes = gcx_integer_text_bytes + gcx_integer_text_bytes / 255 + 32,
    gcx_integer_table_bits = 12,
    gcx_integer_json_slack = 256,  // what the last member, the brackets that close and the last copy write past the end
};

// A constant 16 bytes are copied, whatever the length, so that writing a word takes no loop.
typedef struct {
    char letters[15];
    uint8_t length;
} gcx_integer_word;

static inline char *gcx_integer_put(char *out, const gcx_integer_word *word) {
    memcpy(out, word, sizeof *word);
    return out + word->length;
}

// Takes 22 bits. Some words are far more frequent than others, as in any language: a product of two even draws tends to be
// small.
static inline const gcx_integer_word *gcx_integer_pick(const gcx_integer_word *words, uint64_t bits) {
    return &words[(bits % gcx_integer_words) * (bits / gcx_integer_words % gcx_integer_words) / gcx_integer_words];
}

static inline uint32_t gcx_integer_load_32(const void *from) {
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t gcx_integer_load_64(const void *from) {
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

// Takes one more value into a checksum; the order of the values counts.
static inline uint64_t gcx_integer_fold(uint64_t sum, uint64_t value) {
    sum = (sum ^ value) * 0x9e3779b97f4a7c15u;
    return sum ^ (sum >> 32);
}

// integer_text.c: a vocabulary of words that end in a space, and `bytes` of prose of them.
void gcx_integer_make_words(gcx_integer_word *words, uint64_t random);
void gcx_integer_write_text(char *text, size_t bytes, const gcx_integer_word *words, uint64_t random);

// integer_pack.c: compresses the text, of gcx_integer_text_bytes at the most, and returns how many bytes came out. `table` has
// 2 to the power of gcx_integer_table_bits entries, all of them 0.
size_t gcx_integer_pack(const char *text, size_t bytes, uint8_t *packed, uint16_t *table);

// integer_sort.c: sorts ascending.
void gcx_integer_sort(uint64_t *keys, size_t count);

// integer_json.c: writes a JSON document of at least `bytes`, which ends in a zero; and parses one, to a checksum of all that
// it says.
size_t gcx_integer_write_json(char *json, size_t bytes, const gcx_integer_word *words, uint64_t random);
uint64_t gcx_integer_parse_json(const char *json);

// integer_sha256.c: `bytes` is a multiple of 64.
void gcx_integer_sha256(const void *data, size_t bytes, uint32_t digest[8]);

#endif
