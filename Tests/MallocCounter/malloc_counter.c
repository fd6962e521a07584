#include "malloc_counter.h"

#include <errno.h>
#include <stddef.h>

// A program's own malloc wins over the C library's, which keeps its by these names. Whatever asks
// for memory comes through here: Swift's objects and arrays, libsodium, the C library itself.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Thread_local uint64_t count;

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

void *malloc(size_t bytes) {
    count++;
    return __libc_malloc(bytes);
}

void *calloc(size_t items, size_t bytes) {
    count++;
    return __libc_calloc(items, bytes);
}

void *realloc(void *old, size_t bytes) {
    count++;
    return __libc_realloc(old, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    count++;
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    void *memory = memalign(alignment, bytes);
    if (!memory) return ENOMEM;
    *out = memory;
    return 0;
}
