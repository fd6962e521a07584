// Counts what is allocated, so that a test can say "nothing is". Takes the place of the C library's
// malloc and its kin in a test program; hands everything on and only counts, per thread.
#pragma once
#include <stdint.h>

/// How many allocations the calling thread has made since it started.
uint64_t malloc_counter_count(void);

/// Sets the hook that the Swift runtime calls for every thrown error; returns the one before.
void *_Nullable malloc_counter_swap_throw_hook(void *_Nullable hook);
