// Keccak-f[1600] and the Keccak-256 sponge, written from the Keccak reference (version 3.0, sections 1.2 and 2.1).
// The state is 5 × 5 lanes of 64 bits; lane (x, y) is state[x + 5 * y].

#include "gcx_keccak.h"

#include <string.h>

enum { lanes = 25, rounds = 24, rate_bytes = 136, rate_lanes = rate_bytes / 8, digest_bytes = 32 };

static const uint64_t round_constants[rounds] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

// Step k of rho and pi moves one lane to target[k], rotated by offset[k]; the walk starts at lane 1.
static const unsigned offset[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                    27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
static const unsigned target[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                    15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

static uint64_t rotate_left(uint64_t lane, unsigned bits) { return (lane << bits) | (lane >> (64 - bits)); }

static void theta(uint64_t state[lanes]) {
    uint64_t parity[5];
    for (unsigned x = 0; x < 5; x++) {
        parity[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
    }
    for (unsigned x = 0; x < 5; x++) {
        uint64_t effect = parity[(x + 4) % 5] ^ rotate_left(parity[(x + 1) % 5], 1);
        for (unsigned y = 0; y < lanes; y += 5) state[x + y] ^= effect;
    }
}

static void rho_and_pi(uint64_t state[lanes]) {
    uint64_t moving = state[1];
    for (unsigned step = 0; step < 24; step++) {
        uint64_t displaced = state[target[step]];
        state[target[step]] = rotate_left(moving, offset[step]);
        moving = displaced;
    }
}

static void chi(uint64_t state[lanes]) {
    for (unsigned y = 0; y < lanes; y += 5) {
        uint64_t row[5];
        memcpy(row, state + y, sizeof row);
        for (unsigned x = 0; x < 5; x++) state[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

static void permute(uint64_t state[lanes]) {
    for (unsigned round = 0; round < rounds; round++) {
        theta(state);
        rho_and_pi(state);
        chi(state);
        state[0] ^= round_constants[round];
    }
}

static uint64_t load_little_endian(const uint8_t bytes[8]) {
    uint64_t lane = 0;
    for (unsigned i = 0; i < 8; i++) lane |= (uint64_t)bytes[i] << (8 * i);
    return lane;
}

static void absorb(uint64_t state[lanes], const uint8_t block[rate_bytes]) {
    for (unsigned i = 0; i < rate_lanes; i++) state[i] ^= load_little_endian(block + 8 * i);
    permute(state);
}

void gcx_keccak256(const uint8_t *input, size_t length, uint8_t digest[digest_bytes]) {
    uint64_t state[lanes] = {0};
    for (; length >= rate_bytes; input += rate_bytes, length -= rate_bytes) absorb(state, input);

    uint8_t last[rate_bytes] = {0};
    if (length > 0) memcpy(last, input, length);
    last[length] = 0x01;
    last[rate_bytes - 1] |= 0x80;
    absorb(state, last);

    for (unsigned i = 0; i < digest_bytes; i++) digest[i] = (uint8_t)(state[i / 8] >> (8 * (i % 8)));
}
