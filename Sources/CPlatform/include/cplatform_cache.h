// The one thing that Swift cannot say to the cache of a processor.
#pragma once
#include <stddef.h>

/// Asks for the lines that hold some bytes, and does not wait for them. Any address may be given:
/// nothing is read.
static inline void cplatform_prefetch(const void *start, size_t byte_count) {
    for (size_t offset = 0; offset < byte_count; offset += 64)
        __builtin_prefetch((const char *)start + offset);
}
