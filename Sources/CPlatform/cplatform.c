#define _GNU_SOURCE
#include "cplatform.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
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

// ---------------------------------------------------------------------------- sockets

int cplatform_send_batch(int descriptor, int is_ipv6, const void *arena, size_t stride,
                         const cplatform_datagram *datagrams, unsigned count) {
    struct mmsghdr messages[CPLATFORM_BATCH_CAPACITY];
    struct iovec parts[CPLATFORM_BATCH_CAPACITY];
    struct sockaddr_storage targets[CPLATFORM_BATCH_CAPACITY];
    if (count > CPLATFORM_BATCH_CAPACITY) count = CPLATFORM_BATCH_CAPACITY;
    for (unsigned index = 0; index < count; index++) {
        int length = cplatform_to_sockaddr(datagrams[index].address, is_ipv6, &targets[index]);
        if (length < 0) {
            // What stands before the bad address goes now; the next call starts with it and fails.
            if (index == 0) return length;
            count = index;
            break;
        }
        parts[index].iov_base = (char *)arena + index * stride;
        parts[index].iov_len = datagrams[index].byte_count;
        messages[index].msg_hdr = (struct msghdr){
            .msg_name = &targets[index], .msg_namelen = (socklen_t)length,
            .msg_iov = &parts[index], .msg_iovlen = 1};
    }
    int sent;
    do sent = sendmmsg(descriptor, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
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

// ---------------------------------------------------------------------------- timers

int cplatform_timer_open(void) {
    int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

static struct timespec timespec_of(int64_t nanoseconds) {
    return (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
}

int cplatform_timer_start(int descriptor, int64_t first, int64_t period) {
    struct itimerspec schedule = {timespec_of(period), timespec_of(first)};
    return timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &schedule, NULL) < 0 ? -errno : 0;
}

int64_t cplatform_timer_take(int descriptor) {
    uint64_t count = 0;
    return read(descriptor, &count, sizeof count) == sizeof count ? (int64_t)count : 0;
}

// ---------------------------------------------------------------------------- the process

int cplatform_entropy(void *buffer, size_t count) {
    unsigned char *next = buffer;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        next += got;
        count -= (size_t)got;
    }
    return 0;
}

int64_t cplatform_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    struct rlimit raised = {limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

void cplatform_name_thread(const char *name) {
    char cut[16] = {0};
    strncpy(cut, name, sizeof cut - 1);
    pthread_setname_np(pthread_self(), cut);
}
