#include "integer.h"

// Quicksort: on random keys every second comparison is a branch that no predictor knows.

// Parts that insertion sorts faster.
enum { insertion_max = 16 };

static void insertion_sort(uint64_t *keys, size_t count) {
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t place = i;
        for (; place > 0 && keys[place - 1] > key; place--) keys[place] = keys[place - 1];
        keys[place] = key;
    }
}

static void order(uint64_t *low, uint64_t *high) {
    uint64_t a = *low, b = *high;
    *low = a < b ? a : b;
    *high = a < b ? b : a;
}

// Hoare's partition about the median of the first, middle and last key: what comes before the index returned is not greater
// than what follows, and both sides have keys. The outer two stop the scans.
static size_t partition(uint64_t *keys, size_t count) {
    order(&keys[0], &keys[count / 2]);
    order(&keys[count / 2], &keys[count - 1]);
    order(&keys[0], &keys[count / 2]);
    uint64_t pivot = keys[count / 2];
    for (size_t i = 0, j = count - 1;;) {
        while (keys[++i] < pivot) {}
        while (keys[--j] > pivot) {}
        if (i >= j) return i;
        uint64_t held = keys[i];
        keys[i] = keys[j];
        keys[j] = held;
    }
}

// Calls itself for the smaller side only, so the stack holds at most as many calls as `count` has bits.
void gcx_integer_sort(uint64_t *keys, size_t count) {
    while (count > insertion_max) {
        size_t left = partition(keys, count);
        size_t right = count - left;
        gcx_integer_sort(left < right ? keys : keys + left, left < right ? left : right);
        if (left < right) keys += left;
        count = left < right ? right : left;
    }
    insertion_sort(keys, count);
}
