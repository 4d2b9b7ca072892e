#ifndef GCX_KECCAK_H
#define GCX_KECCAK_H

#include <stddef.h>
#include <stdint.h>

// Keccak-256 with the original padding (0x01), as Ethereum uses it; SHA3-256 pads with 0x06 and gives other digests.
// Writes 32 bytes to `digest`. `input` may be NULL when `length` is 0.
//
// Delete this target when swift-crypto offers plain Keccak-256: OpenSSL 3.0, libgcrypt and libtomcrypt do not.
void gcx_keccak256(const uint8_t *input, size_t length, uint8_t digest[32]);

#endif
