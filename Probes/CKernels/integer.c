#include "gcx_kernels.h"
#include "integer.h"

// The everyday integer work of a processor, in rounds of four parts that take about a quarter of the time each (on Zen 4):
// a compressor, a sort, a JSON writer and parser, and SHA-256. Every round works on data of its own, and making it is part
// of the work, so that no branch or load can be learnt from an earlier one. All threads work on the same data, each in memory
// of its own that fits in a second-level cache, so any of them can be checked against one number.

// The weights: what keeps the parts at a quarter each.
enum {
    keys_count = 4096,
    json_bytes = 45 << 10,
    hashed_bytes = 48 << 10,  // of the text; a multiple of 64
};

typedef struct {
    gcx_integer_word words[gcx_integer_words];
    uint64_t keys[keys_count];
    uint16_t table[1 << gcx_integer_table_bits];
    char text[gcx_integer_text_bytes + gcx_integer_text_slack];
    uint8_t packed[gcx_integer_packed_bytes];
    char json[json_bytes + gcx_integer_json_slack];
} __attribute__((aligned(128))) scratch;  // two cache lines: the adjacent-line prefetcher pairs them

_Static_assert(sizeof(scratch) < 512 << 10, "the second-level cache of a core holds it");
_Static_assert((size_t)hashed_bytes <= gcx_integer_text_bytes, "there is as much text");

size_t gcx_integer_scratch_bytes(void) { return sizeof(scratch); }

static uint64_t pack(scratch *s, uint64_t random) {
    gcx_integer_write_text(s->text, gcx_integer_text_bytes, s->words, random);
    memset(s->table, 0, sizeof s->table);
    size_t bytes = gcx_integer_pack(s->text, gcx_integer_text_bytes, s->packed, s->table);
    memset(s->packed + bytes, 0, sizeof(uint64_t));
    uint64_t sum = bytes;
    for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
        sum = gcx_integer_fold(sum, gcx_integer_load_64(s->packed + at));
    }
    return sum;
}

static uint64_t sort(scratch *s, uint64_t random) {
    for (size_t i = 0; i < keys_count; i++) s->keys[i] = gcx_random(&random);
    gcx_integer_sort(s->keys, keys_count);
    uint64_t sum = 0;
    for (size_t i = 0; i < keys_count; i++) sum = gcx_integer_fold(sum, s->keys[i]);
    return sum;
}

static uint64_t parse(scratch *s, uint64_t random) {
    size_t bytes = gcx_integer_write_json(s->json, json_bytes, s->words, random);
    return gcx_integer_fold(gcx_integer_parse_json(s->json), bytes);
}

static uint64_t hash(const scratch *s) {
    uint32_t digest[8];
    gcx_integer_sha256(s->text, hashed_bytes, digest);
    return gcx_integer_fold(gcx_integer_load_64(digest), gcx_integer_load_64(digest + 2));
}

static uint64_t run_round(scratch *s, uint64_t random, uint64_t sum) {
    gcx_integer_make_words(s->words, gcx_random(&random));
    sum = gcx_integer_fold(sum, pack(s, gcx_random(&random)));
    sum = gcx_integer_fold(sum, sort(s, gcx_random(&random)));
    sum = gcx_integer_fold(sum, parse(s, gcx_random(&random)));
    return gcx_integer_fold(sum, hash(s));
}

void gcx_integer_work(void *argument, uint32_t thread, uint32_t threads) {
    (void)threads;
    gcx_integer_job *job = argument;
    scratch *s = (scratch *)job->scratch + thread;
    uint64_t sum = job->seed;
    for (uint64_t round = 0; round < job->rounds; round++) {
        sum = run_round(s, gcx_integer_fold(job->seed, round), sum);
    }
    job->checksums[thread] = sum;
}

// Small enough to be stepped through, with the words of a round before, and without the C library, whose code is not the same
// everywhere.
void gcx_integer_sample_work(void *argument, uint32_t thread, uint32_t threads) {
    (void)thread;
    (void)threads;
    enum { sample_bytes = 512, sample_keys = 64 };
    gcx_integer_job *job = argument;
    scratch *s = job->scratch;
    uint64_t random = job->seed;
    gcx_integer_write_text(s->text, sample_bytes, s->words, random);
    for (size_t i = 0; i < sizeof s->table / sizeof *s->table; i++) ((volatile uint16_t *)s->table)[i] = 0;
    uint64_t sum = gcx_integer_pack(s->text, sample_bytes, s->packed, s->table);
    for (size_t i = 0; i < sample_keys; i++) s->keys[i] = gcx_random(&random);
    gcx_integer_sort(s->keys, sample_keys);
    gcx_integer_write_json(s->json, sample_bytes, s->words, random);
    sum += gcx_integer_parse_json(s->json);
    uint32_t digest[8];
    gcx_integer_sha256(s->text, sample_bytes, digest);
    job->checksums[0] = sum + digest[0];
}
