#define _GNU_SOURCE
#include "cplatform_udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const uint64_t ipv4_prefix = 0xffff;  // ::ffff:0:0/96, seen from the lower word.

// ---------------------------------------------------------------------------- addresses

static void put_big_endian(uint64_t word, unsigned char *out) {
    for (int index = 0; index < 8; index++) out[index] = (unsigned char)(word >> (56 - 8 * index));
}

static uint64_t get_big_endian(const unsigned char *in) {
    uint64_t word = 0;
    for (int index = 0; index < 8; index++) word = word << 8 | in[index];
    return word;
}

int cplatform_to_sockaddr(cplatform_address address, int is_ipv6, struct sockaddr_storage *out) {
    if (is_ipv6) {
        struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(address.port)};
        put_big_endian(address.high, ipv6.sin6_addr.s6_addr);
        put_big_endian(address.low, ipv6.sin6_addr.s6_addr + 8);
        memcpy(out, &ipv6, sizeof ipv6);
        return sizeof ipv6;
    }
    if (address.high != 0 || address.low >> 32 != ipv4_prefix) return -EAFNOSUPPORT;
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(address.port)};
    ipv4.sin_addr.s_addr = htonl((uint32_t)address.low);
    memcpy(out, &ipv4, sizeof ipv4);
    return sizeof ipv4;
}

cplatform_address cplatform_from_sockaddr(const struct sockaddr *source) {
    cplatform_address address = {0};
    if (source->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, source, sizeof ipv4);
        address.low = ipv4_prefix << 32 | ntohl(ipv4.sin_addr.s_addr);
        address.port = ntohs(ipv4.sin_port);
    } else if (source->sa_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, source, sizeof ipv6);
        address.high = get_big_endian(ipv6.sin6_addr.s6_addr);
        address.low = get_big_endian(ipv6.sin6_addr.s6_addr + 8);
        address.port = ntohs(ipv6.sin6_port);
    }
    return address;
}

// ---------------------------------------------------------------------------- opening

// Whoever measures paths itself must not have its datagrams cut by routers, nor be held to what the
// kernel believes of the path (RFC 8899, section 4.1).
static void never_fragment(int descriptor, int is_ipv6) {
    int probe = IP_PMTUDISC_PROBE;
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe);
    probe = IPV6_PMTUDISC_PROBE;
    if (is_ipv6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof probe);
}

int cplatform_udp_open(cplatform_address address, int is_ipv6, cplatform_udp_features *features) {
    struct sockaddr_storage local;
    int length = cplatform_to_sockaddr(address, is_ipv6, &local);
    if (length < 0) return length;
    int family = is_ipv6 ? AF_INET6 : AF_INET;
    int descriptor = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (bind(descriptor, (struct sockaddr *)&local, (socklen_t)length) != 0) {
        int code = -errno;
        close(descriptor);
        return code;
    }
    never_fragment(descriptor, is_ipv6);
    int value = 0, on = 1;
    socklen_t size = sizeof value;
    features->cuts = getsockopt(descriptor, IPPROTO_UDP, UDP_SEGMENT, &value, &size) == 0;
    features->joins = setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
    return descriptor;
}

int cplatform_udp_name(int descriptor, cplatform_address *address) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0) return -errno;
    *address = cplatform_from_sockaddr((struct sockaddr *)&name);
    return 0;
}

int cplatform_udp_filter(int descriptor, const cplatform_shape *shapes, unsigned count) {
    enum { UDP_HEADER = 8, STEPS = 8, SHAPES = 8 };
    struct sock_filter code[SHAPES * STEPS + 1];
    unsigned short length = 0;
    if (count > SHAPES) return -E2BIG;
    for (unsigned index = 0; index < count; index++) {
        const cplatform_shape *shape = &shapes[index];
        // A jump's distance counts from the next step; a miss goes on with the next shape. Reading
        // past the end of a datagram drops it.
        struct sock_filter steps[STEPS] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
            BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, UDP_HEADER + shape->minimum_bytes, 0, 6),
            BPF_STMT(BPF_LD | BPF_B | BPF_ABS, UDP_HEADER),
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, shape->first_mask),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, shape->first, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UDP_HEADER + 1),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, shape->magic, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, 0xffffffff)};
        if (!shape->has_magic)
            steps[5] = steps[6] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0);
        memcpy(code + length, steps, sizeof steps);
        length += STEPS;
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = length, .filter = code};
    int status = setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    return status != 0 ? -errno : 0;
}

static int set_buffer(int descriptor, int option, int forced, int wanted) {
    int granted = 0;
    socklen_t length = sizeof granted;
    if (setsockopt(descriptor, SOL_SOCKET, forced, &wanted, sizeof wanted) != 0)
        setsockopt(descriptor, SOL_SOCKET, option, &wanted, sizeof wanted);
    getsockopt(descriptor, SOL_SOCKET, option, &granted, &length);
    return granted / 2;  // Linux reports twice the request: its own bookkeeping counts too.
}

void cplatform_set_socket_buffers(int descriptor, int wanted, int *receive, int *send) {
    *receive = set_buffer(descriptor, SO_RCVBUF, SO_RCVBUFFORCE, wanted);
    *send = set_buffer(descriptor, SO_SNDBUF, SO_SNDBUFFORCE, wanted);
}

uint64_t cplatform_socket_drops(int descriptor) {
    uint32_t counters[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof counters;
    if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, counters, &length) != 0) return 0;
    return counters[SK_MEMINFO_DROPS];
}

// ---------------------------------------------------------------------------- sending

enum {
    // UDP_MAX_SEGMENTS of Linux before 6.9, and the largest payload of an IPv4 datagram.
    SEGMENTS_AT_MOST = 64,
    PAYLOAD_AT_MOST = 65507
};

static int same_address(const cplatform_address *one, const cplatform_address *other) {
    return one->low == other->low && one->port == other->port && one->high == other->high;
}

// How many datagrams from the first on may be one message: equal in length, to one address; the last
// may be shorter.
static unsigned run_length(const cplatform_datagram *first, unsigned count, size_t *bytes) {
    uint32_t segment = first->byte_count;
    size_t total = segment;
    unsigned length = 1;
    if (count > SEGMENTS_AT_MOST) count = SEGMENTS_AT_MOST;
    while (segment > 0 && length < count) {
        const cplatform_datagram *next = first + length;
        if (next->byte_count == 0 || next->byte_count > segment
            || total + next->byte_count > PAYLOAD_AT_MOST
            || !same_address(&first->address, &next->address))
            break;
        total += next->byte_count;
        length++;
        if (next->byte_count < segment) break;
    }
    *bytes = total;
    return length;
}

typedef struct {
    _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
} segment_control;

static void ask_for_segments(struct msghdr *message, segment_control *control, uint32_t bytes) {
    message->msg_control = control;
    message->msg_controllen = sizeof *control;
    struct cmsghdr *head = (struct cmsghdr *)control;
    head->cmsg_level = IPPROTO_UDP;
    head->cmsg_type = UDP_SEGMENT;
    head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    uint16_t segment = (uint16_t)bytes;
    memcpy(CMSG_DATA(head), &segment, sizeof segment);
}

// Why a message of several segments did not go: for want of room, or because it had several.
static int cut_refused(int code) {
    int is_congestion = code == EAGAIN || code == ENOBUFS || code == ENOMEM;
    return is_congestion ? -code : CPLATFORM_CUT_REFUSED;
}

int cplatform_send_batch(int descriptor, int is_ipv6, int cuts, const void *arena,
                         const cplatform_datagram *datagrams, unsigned count, unsigned *messages) {
    struct mmsghdr headers[CPLATFORM_MESSAGES];
    struct iovec parts[CPLATFORM_MESSAGES];
    struct sockaddr_storage targets[CPLATFORM_MESSAGES];
    segment_control controls[CPLATFORM_MESSAGES];
    uint16_t lengths[CPLATFORM_MESSAGES];
    const char *next = arena;
    unsigned prepared = 0, index = 0;
    while (index < count && prepared < CPLATFORM_MESSAGES) {
        const cplatform_datagram *first = datagrams + index;
        int length = cplatform_to_sockaddr(first->address, is_ipv6, &targets[prepared]);
        if (length < 0) {
            // What stands before the bad address goes now; the next call starts with it and fails.
            if (index == 0) return length;
            break;
        }
        size_t bytes = first->byte_count;
        unsigned run = cuts ? run_length(first, count - index, &bytes) : 1;
        parts[prepared] = (struct iovec){.iov_base = (void *)next, .iov_len = bytes};
        headers[prepared].msg_hdr = (struct msghdr){
            .msg_name = &targets[prepared], .msg_namelen = (socklen_t)length,
            .msg_iov = &parts[prepared], .msg_iovlen = 1};
        if (run > 1)
            ask_for_segments(&headers[prepared].msg_hdr, &controls[prepared], first->byte_count);
        lengths[prepared++] = (uint16_t)run;
        next += bytes;
        index += run;
    }
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    int sent;
    do {
        if (prepared == 1 && lengths[0] == 1) {
            // A single datagram costs less without the structures around it.
            ssize_t bytes = sendto(descriptor, parts[0].iov_base, parts[0].iov_len, flags,
                                   (struct sockaddr *)&targets[0], headers[0].msg_hdr.msg_namelen);
            sent = bytes < 0 ? -1 : 1;
        } else {
            sent = sendmmsg(descriptor, headers, prepared, flags);
        }
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return lengths[0] > 1 ? cut_refused(errno) : -errno;
    *messages += (unsigned)sent;
    int gone = 0;
    for (int message = 0; message < sent; message++) gone += lengths[message];
    return gone;
}

// ---------------------------------------------------------------------------- receiving

typedef struct {
    _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
} join_control;

struct cplatform_receiver {
    struct mmsghdr headers[CPLATFORM_MESSAGES];
    struct iovec parts[CPLATFORM_MESSAGES];
    struct sockaddr_in6 sources[CPLATFORM_MESSAGES];
    join_control controls[CPLATFORM_MESSAGES];
    int used;  // How many of the headers the kernel has written to.
};

size_t cplatform_receiver_bytes(void) { return sizeof(cplatform_receiver); }

void cplatform_receiver_init(cplatform_receiver *receiver, void *arena) {
    memset(receiver, 0, sizeof *receiver);
    for (int index = 0; index < CPLATFORM_MESSAGES; index++) {
        receiver->parts[index] = (struct iovec){
            .iov_base = (char *)arena + (size_t)index * CPLATFORM_RECEIVE_STRIDE,
            .iov_len = CPLATFORM_RECEIVE_BYTES};
        receiver->headers[index].msg_hdr = (struct msghdr){
            .msg_name = &receiver->sources[index], .msg_iov = &receiver->parts[index],
            .msg_iovlen = 1, .msg_control = &receiver->controls[index]};
    }
    receiver->used = CPLATFORM_MESSAGES;
}

int cplatform_receive(cplatform_receiver *receiver, int descriptor, unsigned limit) {
    if (limit > CPLATFORM_MESSAGES) limit = CPLATFORM_MESSAGES;
    for (int index = 0; index < receiver->used; index++) {
        struct msghdr *header = &receiver->headers[index].msg_hdr;
        header->msg_namelen = sizeof receiver->sources[index];
        header->msg_controllen = sizeof receiver->controls[index];
    }
    int count = recvmmsg(descriptor, receiver->headers, limit, MSG_DONTWAIT, NULL);
    receiver->used = count < 0 ? 0 : count;
    return count < 0 ? -errno : count;
}

cplatform_message cplatform_received(const cplatform_receiver *receiver, int index) {
    const struct mmsghdr *header = &receiver->headers[index];
    cplatform_message message = {
        .bytes = receiver->parts[index].iov_base, .byte_count = header->msg_len,
        .segment_bytes = header->msg_len,
        .source = cplatform_from_sockaddr((const struct sockaddr *)&receiver->sources[index])};
    struct cmsghdr *control = CMSG_FIRSTHDR(&header->msg_hdr);
    if (control && control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
        int segment = 0;
        memcpy(&segment, CMSG_DATA(control), sizeof segment);
        if (segment > 0) message.segment_bytes = (uint32_t)segment;
    }
    return message;
}
