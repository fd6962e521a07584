// UDP sockets as Linux can do them and libuv cannot: whole batches in and out with one system call,
// runs of equal datagrams as one message that the kernel cuts (UDP_SEGMENT) and joins (UDP_GRO), and
// paths that are measured, not fragmented. Nothing here keeps state, allocates, or blocks.
// Functions that can fail return a negative errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    /// The most messages that one system call takes: what fits on the stack without a second
    /// thought, and far past the point where the cost of the call itself matters.
    CPLATFORM_MESSAGES = 64,
    /// The room of one received message; joined datagrams are never longer.
    CPLATFORM_RECEIVE_BYTES = 65536,
    /// From one message's room to the next one's. Not a power of two: else the starts of all would
    /// fight for the same few lines of the cache.
    CPLATFORM_RECEIVE_STRIDE = 65536 + 1280,
    /// What cplatform_send_batch returns when the first message had several segments and that is
    /// why it could not go. No errno is that large.
    CPLATFORM_CUT_REFUSED = -100000
};

/// An IPv6 address (IPv4 mapped as in RFC 4291, 2.5.5.2) in two host-order words, and a port.
typedef struct {
    uint64_t high;
    uint64_t low;
    uint16_t port;
} cplatform_address;

/// Writes `address` as a sockaddr_in6 when `is_ipv6`, else as a sockaddr_in; returns its length,
/// or -EAFNOSUPPORT for a true IPv6 address where only IPv4 can go.
int cplatform_to_sockaddr(cplatform_address address, int is_ipv6, struct sockaddr_storage *out);

/// Reads an internet socket address; anything else gives zeros.
cplatform_address cplatform_from_sockaddr(const struct sockaddr *source);

/// What the kernel does for a socket: cut long messages into datagrams, join datagrams to messages.
typedef struct {
    int cuts;
    int joins;
} cplatform_udp_features;

/// Opens a socket that never waits, bound to `address`, whose datagrams no router may fragment.
/// Returns the descriptor.
int cplatform_udp_open(cplatform_address address, int is_ipv6, cplatform_udp_features *features);

/// Where a socket is bound.
int cplatform_udp_name(int descriptor, cplatform_address *address);

/// Asks for socket buffers of so many bytes, past the system's limit where the process may, and
/// reports what was granted.
void cplatform_set_socket_buffers(int descriptor, int wanted, int *receive, int *send);

/// A kind of datagram that a socket takes: see DatagramShape.
typedef struct {
    uint8_t first;
    uint8_t first_mask;
    uint8_t has_magic;
    uint32_t magic;
    uint32_t minimum_bytes;
} cplatform_shape;

/// Lets the kernel drop whatever has none of the shapes (classic BPF, SO_ATTACH_FILTER).
int cplatform_udp_filter(int descriptor, const cplatform_shape *shapes, unsigned count);

/// Datagrams that the kernel threw away because the receive buffer was full; 0 when unknown.
uint64_t cplatform_socket_drops(int descriptor);

/// One datagram of a batch: where it goes and how long it is.
typedef struct {
    cplatform_address address;
    uint32_t byte_count;
} cplatform_datagram;

/// Sends datagrams that stand one behind the other in `arena`, with one sendmmsg of at most
/// CPLATFORM_MESSAGES messages; where `cuts`, runs of equal ones to one address are one message.
/// Returns how many datagrams went (at least one), -errno of the first, or CPLATFORM_CUT_REFUSED;
/// adds to `messages` how many messages they were.
int cplatform_send_batch(int descriptor, int is_ipv6, int cuts, const void *arena,
                         const cplatform_datagram *datagrams, unsigned count, unsigned *messages);

/// What receiving needs between two calls; opaque, in memory that the caller owns.
typedef struct cplatform_receiver cplatform_receiver;

/// The size of a receiver, in bytes; it is aligned as a pointer is.
size_t cplatform_receiver_bytes(void);

/// Makes a receiver that writes to `arena`, of CPLATFORM_MESSAGES * CPLATFORM_RECEIVE_STRIDE bytes.
void cplatform_receiver_init(cplatform_receiver *receiver, void *arena);

/// Receives what is there, at most `limit` and CPLATFORM_MESSAGES messages; returns how many.
int cplatform_receive(cplatform_receiver *receiver, int descriptor, unsigned limit);

/// One received message: datagrams of `segment_bytes` each, the last of what is left.
typedef struct {
    void *bytes;
    uint32_t byte_count;
    uint32_t segment_bytes;
    cplatform_address source;
} cplatform_message;

/// The message of that index, until the next call of cplatform_receive.
cplatform_message cplatform_received(const cplatform_receiver *receiver, int index);

// A socket with one peer, as a client has it: the kernel has looked up the way already, so a datagram
// costs a third less than on a socket that could send to anybody.

/// Opens a socket bound to `own` that only `peer` can be sent to and received from; see
/// cplatform_udp_open. Returns the descriptor.
int cplatform_connected_open(cplatform_address own, cplatform_address peer, int is_ipv6);

/// Receives what the kernel has as one message: datagrams of `segment_bytes`, the last of what is
/// left. Returns its length.
int cplatform_connected_receive(int descriptor, void *room, size_t size, uint32_t *segment_bytes);

/// Sends one datagram.
int cplatform_connected_send(int descriptor, const void *bytes, size_t count);
