// Sends what has no business at a Cairn server, from addresses that are not its own, to see what that
// does to those who are connected (see loadtest/flood-check). Raw sockets, so it needs root; only to
// 127.0.0.1, from 127.0.0.0/8, and never for longer than a minute.
//
//     gcc -O2 -o flood loadtest/flood.c && ./flood PORT LISTEN_SECONDS PER_SECOND SECONDS
//
// First it listens on the loopback interface as an eavesdropper would, and keeps the sealed packets
// and hellos that clients send. Then it sends eight kinds in turn: garbage, empty, truncated, first
// hellos, hellos with a replayed cookie, packets with guessed ids, packets with real ids and bad
// seals from elsewhere, and the same from the client's own address. Prints what went as JSON.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KINDS = 8, BURST = 64, ROOM = 1500, KEPT = 1024, HEADERS = 28, HELLO = 1200, HEAD = 13 };
static const char *const names[KINDS] = {"garbage", "empty",   "truncated",  "firstHellos",
                                         "replayedCookies", "guessedIds", "badSealsElsewhere",
                                         "badSealsAtHome"};

typedef struct {
    uint32_t source;
    uint16_t port;
    uint16_t length;
    unsigned char bytes[HELLO];
} heard;

static heard packets[KEPT], hellos[KEPT];
static int packet_count = 0, hello_count = 0;

static uint64_t state = 88172645463325252u;
static uint64_t chance(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void keep(heard *all, int *count, const unsigned char *frame, size_t length) {
    heard *one = &all[*count < KEPT ? (*count)++ : (int)(chance() % KEPT)];
    memcpy(&one->source, frame + 12, 4);
    memcpy(&one->port, frame + 20, 2);
    one->length = (uint16_t)(length - HEADERS > HELLO ? HELLO : length - HEADERS);
    memcpy(one->bytes, frame + HEADERS, one->length);
}

static void eavesdrop(uint16_t port, double seconds) {
    int descriptor = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
    struct sockaddr_ll loopback = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
                                   .sll_ifindex = (int)if_nametoindex("lo")};
    struct timeval wait = {.tv_usec = 50000};
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&loopback, sizeof loopback) != 0) {
        perror("listen on lo");
        exit(77);
    }
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    static unsigned char frame[65536];
    for (double end = now() + seconds; now() < end;) {
        ssize_t length = recv(descriptor, frame, sizeof frame, 0);
        if (length < HEADERS + HEAD || frame[0] != 0x45 || frame[9] != IPPROTO_UDP) continue;
        if ((uint16_t)(frame[22] << 8 | frame[23]) != port) continue;
        const unsigned char *bytes = frame + HEADERS;
        if ((bytes[0] & 0xbf) == 0x02) keep(packets, &packet_count, frame, (size_t)length);
        if (bytes[0] == 0x01 && length == HEADERS + HELLO && (bytes[56] | bytes[57] | bytes[60]))
            keep(hellos, &hello_count, frame, (size_t)length);
    }
    close(descriptor);
}

// 127.x.y.z, and never 127.0.0.1 itself, where the clients are.
static uint32_t stranger(void) {
    return htonl(0x7f000000u | (uint32_t)(chance() % 0xfffe00u + 0x100u));
}

static void noise(unsigned char *out, size_t count) {
    for (size_t i = 0; i < count; i += 8) {
        uint64_t word = chance();
        memcpy(out + i, &word, count - i < 8 ? count - i : 8);
    }
}

// Writes one payload of a kind; returns its length. Changes the sender for the last kind.
static size_t write_kind(int kind, unsigned char *out, uint32_t *source, uint16_t *port) {
    heard *packet = packet_count ? &packets[chance() % (unsigned)packet_count] : NULL;
    heard *hello = hello_count ? &hellos[chance() % (unsigned)hello_count] : NULL;
    size_t length = 30 + chance() % 400;
    switch (kind) {
    case 0:
        noise(out, length);
        return length;
    case 1: return 0;
    case 2:
        noise(out, HEAD);
        out[0] = chance() & 1 ? 0x02 : 0x01;
        return 1 + chance() % (HEAD - 1);
    case 3:
        memset(out, 0, HELLO);
        memcpy(out, "\x01" "CAIR\x01\x01\x03", 8);
        noise(out + 8, 48);
        noise(out + 76, 256);
        noise(out + HELLO - 16, 16);
        return HELLO;
    case 4:
        if (!hello) return write_kind(3, out, source, port);
        memcpy(out, hello->bytes, HELLO);
        return HELLO;
    case 5:
        noise(out, length);
        out[0] = 0x02;
        return length;
    default:
        if (!packet) return write_kind(5, out, source, port);
        noise(out, length);
        memcpy(out, packet->bytes, HEAD);
        out[10]++;  // A number somewhat ahead, which no replay window refuses.
        if (kind == 7) *source = packet->source, *port = packet->port;
        return length;
    }
}

static void write_headers(unsigned char *out, size_t length, uint32_t source, uint16_t from,
                          uint16_t to) {
    struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
                       .tot_len = htons((uint16_t)(HEADERS + length)), .saddr = source,
                       .daddr = htonl(INADDR_LOOPBACK)};
    struct udphdr udp = {.source = from, .dest = htons(to),
                         .len = htons((uint16_t)(8 + length))};
    memcpy(out, &ip, sizeof ip);
    memcpy(out + sizeof ip, &udp, sizeof udp);
}

int main(int argc, char **argv) {
    if (argc != 5) return 64;
    uint16_t port = (uint16_t)atoi(argv[1]);
    double rate = atof(argv[3]), seconds = atof(argv[4]);
    if (rate < 1 || rate > 1e6 || seconds <= 0 || seconds > 60) return 64;
    int descriptor = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    if (descriptor < 0) {
        perror("raw socket");
        return 77;
    }
    int buffer = 8 << 20;
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    eavesdrop(port, atof(argv[2]));
    static unsigned char arena[BURST][ROOM];
    struct mmsghdr headers[BURST];
    struct iovec parts[BURST];
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint64_t sent[KINDS] = {0}, total = 0, failed = 0;
    double start = now(), end = start + seconds;
    for (double time = start; time < end; time = now()) {
        uint64_t due = (uint64_t)((time - start) * rate);
        if (total + BURST > due) {
            usleep(100);
            continue;
        }
        // Far behind means that this machine cannot; then nothing is made up for.
        if (due - total > (uint64_t)(rate / 10)) start += (double)(due - total) / rate;
        for (int i = 0; i < BURST; i++) {
            int kind = (int)((total + (unsigned)i) % KINDS);
            uint32_t source = stranger();
            uint16_t from = htons((uint16_t)(1024 + chance() % 60000));
            size_t length = write_kind(kind, arena[i] + HEADERS, &source, &from);
            write_headers(arena[i], length, source, from, port);
            parts[i] = (struct iovec){arena[i], HEADERS + length};
            headers[i].msg_hdr = (struct msghdr){.msg_name = &target, .msg_namelen = sizeof target,
                                                 .msg_iov = &parts[i], .msg_iovlen = 1};
            sent[kind]++;
        }
        int went = sendmmsg(descriptor, headers, BURST, 0);
        if (went < BURST) failed += (uint64_t)(BURST - (went < 0 ? 0 : went));
        total += BURST;
    }
    printf("{\"perSecond\": %.0f, \"total\": %llu, \"failed\": %llu, \"idsHeard\": %d, "
           "\"hellosHeard\": %d", (double)total / seconds, (unsigned long long)total,
           (unsigned long long)failed, packet_count, hello_count);
    for (int kind = 0; kind < KINDS; kind++)
        printf(", \"%s\": %llu", names[kind], (unsigned long long)sent[kind]);
    printf("}\n");
    return 0;
}
