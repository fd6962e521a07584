// AES-256-GCM (NIST SP 800-38D) by Intel's Multi-Buffer Crypto library, which works at packets of a
// few hundred bytes three to five times as fast as libsodium where the processor has vector AES: it
// keeps the powers of the hash key with the key, where libsodium works them out for each packet.
//
// Of the library only its calls for one packet are used; they keep nothing between calls and wipe
// registers and stack behind them. Where it was not built (not x86-64) all this says so, and the caller
// goes to libsodium; the bytes on the wire are the same.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Chooses code for this processor. 1 when there is some, 0 when the rest must not be called. Once, before
// any other call.
int cciphers_begin(void);

// Bytes of a key made ready, to be aligned to 64.
size_t cciphers_key_bytes(void);

// Makes the 32 bytes of a key ready.
void cciphers_prepare(const uint8_t *key, void *ready);

// Encrypts `count` bytes, which may stay where they are, and writes the 16 bytes of the tag.
void cciphers_seal(const void *ready, const uint8_t *nonce, const uint8_t *header,
                   size_t header_count, const uint8_t *clear, size_t count, uint8_t *sealed,
                   uint8_t *tag);

// Decrypts `count` bytes where they stand. 0 when the tag is right; else they are worth nothing.
int cciphers_open(const void *ready, const uint8_t *nonce, const uint8_t *header,
                  size_t header_count, uint8_t *bytes, size_t count, const uint8_t *tag);
