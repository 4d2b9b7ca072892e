#include "integer.h"

// A greedy compressor of the LZ77 kind in a format like that of LZ4. A sequence is one byte of two lengths (high half:
// literals; low: match, less match_min), the rest of the length of the literals, the literals, the offset of the match in two
// bytes and the rest of its length. The last sequence has literals only. Hashing, loads from anywhere and copies of lengths
// that no predictor knows are what compressors, databases and file systems do all day.

enum {
    match_min = 4,
    tail_bytes = 12,   // left to the last literals, so that eight bytes may be read at any match
    nibble_max = 15,   // a length that continues
    misses_shift = 6,  // after each 64 bytes without a match the search takes one byte more per step
};

static size_t match_length(const char *old, const char *new, const char *end) {
    const char *begin = new;
    for (; new < end; old += 8, new += 8) {
        uint64_t difference = gcx_integer_load_64(old) ^ gcx_integer_load_64(new);
        if (difference != 0) return (size_t)(new - begin) + (size_t)__builtin_ctzll(difference) / 8;
    }
    return (size_t)(new - begin);
}

// The rest of a length that was too long for four bits.
static uint8_t *put_rest(uint8_t *out, size_t length) {
    if (length < nibble_max) return out;
    for (length -= nibble_max; length >= 255; length -= 255) *out++ = 255;
    *out++ = (uint8_t)length;
    return out;
}

// The byte of lengths and the literals, eight at a time: what is too much is written over by what follows.
static uint8_t *put_literals(uint8_t *out, const char *from, size_t count, size_t match) {
    size_t high = count < nibble_max ? count : nibble_max;
    size_t low = match < nibble_max ? match : nibble_max;
    *out++ = (uint8_t)(high << 4 | low);
    out = put_rest(out, count);
    for (size_t i = 0; i < count; i += 8) memcpy(out + i, from + i, 8);
    return out + count;
}

static uint8_t *put_match(uint8_t *out, size_t offset, size_t match) {
    *out++ = (uint8_t)offset;
    *out++ = (uint8_t)(offset >> 8);
    return put_rest(out, match);
}

size_t gcx_integer_pack(const char *text, size_t bytes, uint8_t *packed, uint16_t *table) {
    const char *search_end = text + bytes - tail_bytes;
    const char *literals = text;
    uint8_t *out = packed;
    for (const char *at = text + 1; at < search_end;) {
        uint32_t sequence = gcx_integer_load_32(at);
        uint16_t *entry = &table[sequence * 0x9e3779b1u >> (32 - gcx_integer_table_bits)];
        const char *old = text + *entry;
        *entry = (uint16_t)(at - text);
        if (gcx_integer_load_32(old) != sequence) {
            at += 1 + ((size_t)(at - literals) >> misses_shift);
            continue;
        }
        size_t match = match_length(old + match_min, at + match_min, search_end);
        out = put_literals(out, literals, (size_t)(at - literals), match);
        out = put_match(out, (size_t)(at - old), match);
        literals = at += match_min + match;
    }
    out = put_literals(out, literals, (size_t)(text + bytes - literals), 0);
    return (size_t)(out - packed);
}
