#include "malloc_counter.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

// A program's own malloc wins over the C library's, which keeps its by these names. Whatever asks
// for memory comes through here: Swift's objects and arrays, libsodium, the C library itself.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static _Thread_local uint64_t count;
static _Thread_local int64_t held;

// Counts a new piece of memory by what the C library keeps for it, and its head.
static void *taken(void *memory) {
    count++;
    if (memory) held += (int64_t)malloc_usable_size(memory) + 8;
    return memory;
}

static void given_back(void *memory) {
    if (memory) held -= (int64_t)malloc_usable_size(memory) + 8;
}

// The Swift runtime's hooks for thrown errors. A test library sets them to record where errors came
// from, and boxes every error for it; no other program does.
extern void *_Atomic _swift_willThrow __attribute__((weak));
extern void *_Atomic _swift_willThrowTypedImpl __attribute__((weak));
static void *untyped, *typed;

void malloc_counter_unhook_errors(void) {
    if (!&_swift_willThrow || !&_swift_willThrowTypedImpl) return;
    untyped = _swift_willThrow;
    typed = _swift_willThrowTypedImpl;
    _swift_willThrow = NULL;
    _swift_willThrowTypedImpl = NULL;
}

void malloc_counter_hook_errors(void) {
    if (!&_swift_willThrow || !&_swift_willThrowTypedImpl) return;
    _swift_willThrow = untyped;
    _swift_willThrowTypedImpl = typed;
}

uint64_t malloc_counter_count(void) { return count; }

int64_t malloc_counter_bytes(void) { return held; }

void *malloc(size_t bytes) { return taken(__libc_malloc(bytes)); }

void *calloc(size_t items, size_t bytes) { return taken(__libc_calloc(items, bytes)); }

void *realloc(void *old, size_t bytes) {
    given_back(old);
    return taken(__libc_realloc(old, bytes));
}

void free(void *memory) {
    given_back(memory);
    __libc_free(memory);
}

void *memalign(size_t alignment, size_t bytes) { return taken(__libc_memalign(alignment, bytes)); }

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    void *memory = memalign(alignment, bytes);
    if (!memory) return ENOMEM;
    *out = memory;
    return 0;
}
