// The processor's instruction to fetch memory that will soon be asked for; Swift has no word for it.
#pragma once
#include <stddef.h>

// Starts fetching the cache lines of `count` bytes, and waits for nothing. Any address is allowed.
static inline void cprefetch(const void *start, size_t count) {
    const char *bytes = (const char *)start;
    for (size_t offset = 0; offset < count; offset += 64) __builtin_prefetch(bytes + offset, 0, 2);
}
