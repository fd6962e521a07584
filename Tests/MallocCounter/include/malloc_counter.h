// Counts what is allocated, so that a test can say "nothing is". Takes the place of the C library's
// malloc and its kin in a test program; hands everything on and only counts, per thread.
#pragma once
#include <stdint.h>

/// How many allocations the calling thread has made since it started.
uint64_t malloc_counter_count(void);

/// Bytes that the calling thread has taken, less what it gave back, whoever had taken it.
int64_t malloc_counter_bytes(void);

/// Takes the hooks off that a test library has put on thrown errors, which allocate; one test at a
/// time. `malloc_counter_hook_errors` puts them back.
void malloc_counter_unhook_errors(void);
void malloc_counter_hook_errors(void);
