// What the room Runtime needs of Linux and cannot have from libuv or from Swift's Glibc: batched
// sends, absolute timers below a millisecond, socket counters. Nothing here keeps state, allocates,
// or blocks. Functions that can fail return a negative errno, as libuv does.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// The most datagrams that one call of cplatform_send_batch takes: what fits on the stack without
/// a second thought, and far past the point where the cost of the call itself matters.
enum { CPLATFORM_BATCH_CAPACITY = 64 };

/// An IPv6 address (IPv4 mapped as in RFC 4291, 2.5.5.2) in two host-order words, and a port.
typedef struct {
    uint64_t high;
    uint64_t low;
    uint16_t port;
} cplatform_address;

/// One datagram of a batch: where it goes and how long it is.
typedef struct {
    cplatform_address address;
    uint32_t byte_count;
} cplatform_datagram;

/// Writes `address` as a sockaddr_in6 when `is_ipv6`, else as a sockaddr_in; returns its length,
/// or -EAFNOSUPPORT for a true IPv6 address where only IPv4 can go.
int cplatform_to_sockaddr(cplatform_address address, int is_ipv6, struct sockaddr_storage *out);

/// Reads an internet socket address; anything else gives zeros.
cplatform_address cplatform_from_sockaddr(const struct sockaddr *source);

/// Sends up to CPLATFORM_BATCH_CAPACITY datagrams with one sendmmsg. Datagram i starts at
/// `arena + i * stride`. Returns how many went (at least one), or -errno of the first.
int cplatform_send_batch(int descriptor, int is_ipv6, const void *arena, size_t stride,
                         const cplatform_datagram *datagrams, unsigned count);

/// Asks for socket buffers of so many bytes, past the system's limit where the process may, and
/// reports what was granted.
void cplatform_set_socket_buffers(int descriptor, int wanted, int *receive, int *send);

/// Datagrams that the kernel threw away because the receive buffer was full; 0 when unknown.
uint64_t cplatform_socket_drops(int descriptor);

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
