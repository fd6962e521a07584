// What the room Runtime needs of Linux and cannot have from libuv or from Swift's Glibc: absolute
// timers below a millisecond, entropy, limits (sockets have a header of their own). Nothing here
// keeps state, allocates, or blocks. Functions that can fail return a negative errno, as libuv does.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Opens a timer on CLOCK_MONOTONIC that a poll can wait for.
int cplatform_timer_open(void);

/// Lets the timer fire at `first`, then every `period`, both in nanoseconds; `first` is absolute.
/// The kernel adds the period to the due time, not to the time of waking: no drift.
int cplatform_timer_start(int descriptor, int64_t first, int64_t period);

/// Takes the number of times the timer has been due since the last call; 0 when not yet.
int64_t cplatform_timer_take(int descriptor);

/// Fills the buffer from getrandom(2); returns 0 or -errno.
int cplatform_entropy(void *buffer, size_t count);

/// Raises the soft limit of open descriptors to the hard one; returns the limit that holds.
int64_t cplatform_raise_descriptor_limit(void);

/// Names the calling thread, for `top -H` and debuggers; cut to 15 bytes.
void cplatform_name_thread(const char *name);
