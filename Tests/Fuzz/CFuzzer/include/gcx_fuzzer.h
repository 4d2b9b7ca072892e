// The driver of libFuzzer, for a program that has a main of its own. Nothing is behind it here: the linker takes it from
// the sanitizer's library.
#ifndef GCX_FUZZER_H
#define GCX_FUZZER_H

#include <stddef.h>
#include <stdint.h>

// Source: compiler-rt, FuzzerInterface.h and FuzzerDriver.cpp.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *data, size_t size));

#endif
