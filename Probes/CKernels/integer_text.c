#include "integer.h"

enum { letters_min = 2, letters_max = 9 };

static gcx_integer_word make_word(uint64_t bits) {
    // Five bits choose a letter; the frequent ones stand in more than one place.
    static const char alphabet[] = "etaoinshrdlucmfwypvbgkjqxzetaoin";
    size_t letters = letters_min + bits % (letters_max - letters_min + 1);
    gcx_integer_word word = {.length = (uint8_t)(letters + 1)};
    for (int i = 0; i < letters_max; i++) word.letters[i] = alphabet[(bits >> (8 + 5 * i)) % 32];
    word.letters[letters] = ' ';
    return word;
}

void gcx_integer_make_words(gcx_integer_word *words, uint64_t random) {
    for (size_t i = 0; i < gcx_integer_words; i++) words[i] = make_word(gcx_random(&random));
}

void gcx_integer_write_text(char *text, size_t bytes, const gcx_integer_word *words, uint64_t random) {
    const char *end = text + bytes;
    while (text < end) {
        uint64_t bits = gcx_random(&random);
        text = gcx_integer_put(text, gcx_integer_pick(words, bits));
        text = gcx_integer_put(text, gcx_integer_pick(words, bits >> 21));
        text = gcx_integer_put(text, gcx_integer_pick(words, bits >> 42));
    }
}
