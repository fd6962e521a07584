// What the echo of `wirebench echo` is measured against: the shortest loop that a C programmer would
// write, recvmmsg then sendmmsg, and the same with every datagram opened and sealed by libsodium.
//
//     gcc -O3 -o echo-baseline loadtest/wire/echo-baseline.c -lsodium
//     ./echo-baseline plain|sealed PEERS EACH BYTES ROUNDS
//
// One thread plays both ends by turns: PEERS sockets send EACH datagrams of BYTES bytes, then the
// server empties its socket and answers, then the peers read. Only the server's turns are counted,
// in processor time, so that both programs see the same queue and no scheduler has a say. As there,
// the peers wait in an epoll set: waking somebody is part of what sending costs.
// Prints datagrams (one in, one out) per second of processor time.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { BURST = 64, ROOM = 2048, HEADER = 13, TAG = 16 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int bound_socket(struct sockaddr_in *name) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int bytes = 4 << 20;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof *name;
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)name, length) != 0
        || getsockname(descriptor, (struct sockaddr *)name, &length) != 0) {
        perror("socket");
        exit(1);
    }
    return descriptor;
}

static crypto_aead_aes256gcm_state key __attribute__((aligned(64)));
static uint64_t numbers = 0;

static void seal(unsigned char *packet, size_t count) {
    unsigned char nonce[12] = {0};
    memcpy(nonce, &numbers, sizeof numbers);
    memcpy(packet + 1, &numbers, sizeof numbers);
    numbers++;
    crypto_aead_aes256gcm_encrypt_detached_afternm(
        packet + HEADER, packet + count - TAG, NULL, packet + HEADER, count - HEADER - TAG, packet,
        HEADER, NULL, nonce, &key);
}

static int open_packet(unsigned char *packet, size_t count) {
    unsigned char nonce[12] = {0};
    memcpy(nonce, packet + 1, 8);
    return crypto_aead_aes256gcm_decrypt_detached_afternm(
        packet + HEADER, NULL, packet + HEADER, count - HEADER - TAG, packet + count - TAG, packet,
        HEADER, nonce, &key);
}

static unsigned char arena[BURST][ROOM];
static struct mmsghdr headers[BURST];
static struct iovec parts[BURST];
static struct sockaddr_in sources[BURST];

// The server: everything that waits, in and out again. Returns how many datagrams.
static long echo(int descriptor, int sealed) {
    long total = 0;
    for (;;) {
        for (int i = 0; i < BURST; i++) {
            parts[i] = (struct iovec){arena[i], ROOM};
            headers[i].msg_hdr = (struct msghdr){
                .msg_name = &sources[i], .msg_namelen = sizeof sources[i], .msg_iov = &parts[i],
                .msg_iovlen = 1};
        }
        int count = recvmmsg(descriptor, headers, BURST, MSG_DONTWAIT, NULL);
        if (count <= 0) return total;
        for (int i = 0; i < count; i++) {
            parts[i].iov_len = headers[i].msg_len;
            if (!sealed) continue;
            if (open_packet(arena[i], headers[i].msg_len) != 0) exit(2);
            seal(arena[i], headers[i].msg_len);
        }
        for (int sent = 0; sent < count;) {
            int now = sendmmsg(descriptor, headers + sent, (unsigned)(count - sent), MSG_DONTWAIT);
            if (now <= 0) exit(3);
            sent += now;
        }
        total += count;
        if (count < BURST) return total;
    }
}

int main(int argc, char **argv) {
    if (argc != 6 || sodium_init() < 0) return 64;
    int sealed = strcmp(argv[1], "sealed") == 0;
    int peers = atoi(argv[2]), each = atoi(argv[3]), rounds = atoi(argv[5]);
    size_t bytes = (size_t)atoi(argv[4]) + (sealed ? HEADER + TAG : 0);
    unsigned char secret[32] = {7}, packet[ROOM] = {0};
    if (sealed && crypto_aead_aes256gcm_beforenm(&key, secret) != 0) return 69;
    struct sockaddr_in server, name;
    int descriptor = bound_socket(&server);
    int *clients = calloc((size_t)peers, sizeof *clients);
    int waiting = epoll_create1(0);
    for (int i = 0; i < peers; i++) {
        clients[i] = bound_socket(&name);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = clients[i]};
        epoll_ctl(waiting, EPOLL_CTL_ADD, clients[i], &event);
    }
    struct epoll_event ready[1024];
    double taken = 0;
    long echoed = 0, answered = 0;
    for (int round = -20; round < rounds; round++) {
        for (int i = 0; i < peers; i++)
            for (int j = 0; j < each; j++) {
                if (sealed) seal(packet, bytes);
                sendto(clients[i], packet, bytes, 0, (struct sockaddr *)&server, sizeof server);
            }
        double start = seconds();
        long count = echo(descriptor, sealed);
        if (round >= 0) taken += seconds() - start, echoed += count;
        for (int count; (count = epoll_wait(waiting, ready, 1024, 0)) > 0;)
            for (int i = 0; i < count; i++)
                while (recv(ready[i].data.fd, packet, ROOM, MSG_DONTWAIT) > 0) answered++;
    }
    if (answered != (long)peers * each * (rounds + 20)) return 4;
    printf("%.0f\n", (double)echoed / taken);
    return 0;
}
