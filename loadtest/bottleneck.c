/* A narrow road between two network namespaces: a TUN device in each, and in between a rate, a delay and
 * a queue that drops what does not fit, in each direction. This kernel needs no netem for it.
 *
 *     bottleneck NAMESPACE NAMESPACE MBIT_PER_S ONE_WAY_MS QUEUE_BYTES [REPORT_FILE]
 *
 * The device is called road0 in both. The first namespace is upstream: the rate and the queue are on the
 * way from it; the way back has the delay alone. Runs until it is killed (SIGTERM), then writes the mean
 * and the greatest delay in the queue, in ms, and the packets dropped, as JSON. Root only. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 8192, MTU = 1500 };

/* Packets in order of arrival; delays are constant, so they leave in that order. */
struct line {
    int from, to;
    int64_t free_at;                    /* when the narrow place has sent all that waits */
    int head, count;
    struct { int64_t due; int length; char bytes[MTU + 64]; } slots[SLOTS];
};

static struct line lines[2];
static volatile sig_atomic_t stopped;
static void stop(int signal) { (void)signal; stopped = 1; }

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_tun(const char *namespace) {
    char path[128];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int ns = open(path, O_RDONLY), fd;
    if (ns < 0 || setns(ns, CLONE_NEWNET) != 0) { perror(path); exit(1); }
    close(ns);
    struct ifreq request = {0};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    strcpy(request.ifr_name, "road0");
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) { perror("tun"); exit(1); }
    return fd;
}

int main(int argc, char **argv) {
    if (argc < 6) { fprintf(stderr, "see the top of bottleneck.c\n"); return 2; }
    double rate = atof(argv[3]) * 1e6;
    int64_t delay = (int64_t)(atof(argv[4]) * 1e6);
    int64_t room = atoll(argv[5]);
    lines[0].from = lines[1].to = open_tun(argv[1]);
    lines[1].from = lines[0].to = open_tun(argv[2]);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    fprintf(stderr, "ready\n");
    double waited = 0, longest = 0;
    long passed = 0, dropped = 0;
    while (!stopped) {
        int64_t now = now_ns(), next = now + 100000000;
        for (int i = 0; i < 2; i++) {
            struct line *line = &lines[i];
            while (line->count && line->slots[line->head].due <= now) {
                if (write(line->to, line->slots[line->head].bytes, line->slots[line->head].length) < 0) {}
                line->head = (line->head + 1) % SLOTS;
                line->count--;
            }
            while (line->count < SLOTS) {
                int slot = (line->head + line->count) % SLOTS;
                ssize_t length = read(line->from, line->slots[slot].bytes, MTU + 64);
                if (length <= 0) break;
                int64_t leaves = now;
                if (i == 0) {
                    int64_t start = line->free_at > now ? line->free_at : now;
                    double queued = (double)(start - now) * rate / 8e9;
                    if (queued + (double)length > (double)room) { dropped++; continue; }
                    double wait = (double)(start - now) / 1e6;
                    waited += wait;
                    passed++;
                    if (wait > longest) longest = wait;
                    line->free_at = leaves = start + (int64_t)((double)length * 8e9 / rate);
                }
                line->slots[slot].length = (int)length;
                line->slots[slot].due = leaves + delay;
                line->count++;
            }
            if (line->count && line->slots[line->head].due < next) next = line->slots[line->head].due;
        }
        struct pollfd polled[2] = {{lines[0].from, POLLIN, 0}, {lines[1].from, POLLIN, 0}};
        int64_t left = next - now_ns();
        struct timespec sleep = {left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
        ppoll(polled, 2, &sleep, NULL);
    }
    FILE *report = argc > 6 ? fopen(argv[6], "w") : stdout;
    if (report)
        fprintf(report, "{\"meanQueueMs\":%.2f,\"greatestQueueMs\":%.2f,\"dropped\":%ld,\"passed\":%ld}\n",
                passed ? waited / (double)passed : 0, longest, dropped, passed);
    return 0;
}
