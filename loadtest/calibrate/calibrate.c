// The limit of this machine: a server that does nothing but its datagrams. Every tick it opens what its
// clients sent, and seals and sends to each as many datagrams of the same size as the run has that it is
// compared with; a second process does the opposite with one socket a client. Each process has a core.
//
// What the server process spends per client and tick is what no server can go below that sends the same,
// sealed the same way (AES-256-GCM of libsodium, an expanded key for each client and direction).
//
//     calibrate --clients 4000 --hz 20 --seconds 10 --down 1.0x1100 --up 1.0x100
//
// COUNTxBYTES is datagrams per client and tick, which may be a fraction, and the mean size of one with
// its header and tag. Prints one JSON object. Needs a processor with AES instructions, as Cairn does.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 64,
    LARGEST = 1500,
    // The client's number, the packet's number: what a receiver needs to find the key and the nonce.
    HEADER = 8,
    TAG = crypto_aead_aes256gcm_ABYTES,
    CLIENTS_PER_ADDRESS = 20000,
    LATENESS_BUCKETS = 1 << 17,  // Microseconds; the last bucket takes all that is later.
};

enum phase { SETTLING, MEASURING, OVER };

struct direction {
    double count;  // Datagrams per client and tick.
    size_t bytes;  // Of one datagram.
};

static struct {
    uint32_t clients;
    double hertz, seconds;
    struct direction down, up;
} options = {1000, 20, 10, {1, 1100}, {1, 100}};

// Both processes and their parent.
static struct shared {
    _Atomic int phase;
    uint16_t port;
    double server_cpu, client_cpu;  // Seconds, while measuring.
    uint64_t ticks, sent, opened, refused, kernel_full;
    uint64_t received, expected, client_refused;
    uint32_t lateness[LATENESS_BUCKETS];
} * shared;

static crypto_aead_aes256gcm_state *down_keys, *up_keys;

// ---------------------------------------------------------------------------- the machine

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static double cpu_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void sleep_until(uint64_t moment) {
    struct timespec time = {(time_t)(moment / 1000000000u), (long)(moment % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

// On a machine of one core both share it, and the figures say less.
static void take_core(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    sched_setaffinity(0, sizeof cores, &cores);
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < options.clients + 32) {
        fprintf(stderr, "%u clients need as many sockets; raise the limit with ulimit -n\n",
                options.clients);
        exit(1);
    }
}

static int open_socket(uint32_t host, int buffer) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&own, sizeof own) != 0) fail("socket");
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    return descriptor;
}

// ---------------------------------------------------------------------------- datagrams

static void make_keys(void) {
    size_t bytes = sizeof(crypto_aead_aes256gcm_state) * options.clients;
    down_keys = aligned_alloc(64, bytes);
    up_keys = aligned_alloc(64, bytes);
    if (!down_keys || !up_keys) fail("memory for keys");
    for (uint32_t client = 0; client < options.clients; client++) {
        unsigned char key[crypto_aead_aes256gcm_KEYBYTES] = {0};
        memcpy(key, &client, sizeof client);
        crypto_aead_aes256gcm_beforenm(&down_keys[client], key);
        key[31] = 1;
        crypto_aead_aes256gcm_beforenm(&up_keys[client], key);
    }
}

static void write_header(unsigned char *datagram, uint32_t client, uint32_t number) {
    memcpy(datagram, &client, sizeof client);
    memcpy(datagram + 4, &number, sizeof number);
}

static void seal(unsigned char *datagram, size_t bytes, const unsigned char *text,
                 const crypto_aead_aes256gcm_state *key) {
    unsigned char nonce[crypto_aead_aes256gcm_NPUBBYTES] = {0};
    memcpy(nonce, datagram + 4, 4);
    crypto_aead_aes256gcm_encrypt_afternm(datagram + HEADER, NULL, text, bytes - HEADER - TAG,
                                          datagram, HEADER, NULL, nonce, key);
}

// In place, as a server does that copies nothing; false when the seal does not hold.
static int open_datagram(unsigned char *datagram, size_t bytes,
                         const crypto_aead_aes256gcm_state *keys, uint32_t *client,
                         uint32_t *number) {
    if (bytes < HEADER + TAG) return 0;
    memcpy(client, datagram, sizeof *client);
    memcpy(number, datagram + 4, sizeof *number);
    if (*client >= options.clients) return 0;
    unsigned char nonce[crypto_aead_aes256gcm_NPUBBYTES] = {0};
    memcpy(nonce, datagram + 4, 4);
    return crypto_aead_aes256gcm_decrypt_afternm(datagram + HEADER, NULL, NULL, datagram + HEADER,
                                                 bytes - HEADER, datagram, HEADER, nonce,
                                                 &keys[*client]) == 0;
}

// How many datagrams a client gets in a tick, so that fractions come out right in the long run and
// not for all clients in the same tick.
static unsigned due(double count, uint64_t tick, uint32_t client) {
    double phase = (double)((client * 2654435761u) & 0xffff) / 65536;
    return (unsigned)((uint64_t)((double)(tick + 1) * count + phase)
                      - (uint64_t)((double)tick * count + phase));
}

struct batch {
    unsigned char bytes[BATCH][LARGEST];
    struct sockaddr_in addresses[BATCH];
    struct iovec parts[BATCH];
    struct mmsghdr headers[BATCH];
    unsigned count;
};

static void prepare(struct batch *batch, size_t bytes) {
    memset(batch, 0, sizeof *batch);
    for (int index = 0; index < BATCH; index++) {
        batch->parts[index] = (struct iovec){batch->bytes[index], bytes};
        batch->headers[index].msg_hdr = (struct msghdr){
            .msg_name = &batch->addresses[index], .msg_namelen = sizeof batch->addresses[index],
            .msg_iov = &batch->parts[index], .msg_iovlen = 1};
    }
}

// ---------------------------------------------------------------------------- the server

struct peer {
    struct sockaddr_in address;  // Port 0 until it has spoken.
    uint32_t next;
};

static void receive_all(int descriptor, struct batch *in, struct peer *peers) {
    for (;;) {
        for (int index = 0; index < BATCH; index++)
            in->headers[index].msg_hdr.msg_namelen = sizeof in->addresses[index];
        int count = recvmmsg(descriptor, in->headers, BATCH, MSG_DONTWAIT, NULL);
        for (int index = 0; index < count; index++) {
            uint32_t client, number;
            if (!open_datagram(in->bytes[index], in->headers[index].msg_len, up_keys, &client,
                               &number)) {
                shared->refused++;
                continue;
            }
            peers[client].address = in->addresses[index];
            shared->opened++;
        }
        if (count < BATCH) return;
    }
}

static void send_batch(int descriptor, struct batch *out) {
    unsigned done = 0;
    while (done < out->count) {
        int count = sendmmsg(descriptor, out->headers + done, out->count - done, MSG_DONTWAIT);
        if (count <= 0) {
            shared->kernel_full += out->count - done;
            break;
        }
        done += (unsigned)count;
        shared->sent += (unsigned)count;
    }
    out->count = 0;
}

static void send_all(int descriptor, struct batch *out, struct peer *peers, uint64_t tick,
                     const unsigned char *world) {
    for (uint32_t client = 0; client < options.clients; client++) {
        struct peer *peer = &peers[client];
        if (peer->address.sin_port == 0) continue;
        for (unsigned left = due(options.down.count, tick, client); left > 0; left--) {
            unsigned char *datagram = out->bytes[out->count];
            write_header(datagram, client, peer->next++);
            // From different places of the world, as blocks of different pages are.
            seal(datagram, options.down.bytes, world + (client * 64u & 0xfffff), &down_keys[client]);
            out->addresses[out->count] = peer->address;
            if (++out->count == BATCH) send_batch(descriptor, out);
        }
    }
    send_batch(descriptor, out);
}

static void note_lateness(uint64_t late) {
    uint64_t microseconds = late / 1000;
    if (microseconds >= LATENESS_BUCKETS) microseconds = LATENESS_BUCKETS - 1;
    shared->lateness[microseconds]++;
}

static void run_server(int descriptor) {
    static struct batch in, out;
    take_core(0);
    prepare(&in, LARGEST);
    prepare(&out, options.down.bytes);
    struct peer *peers = calloc(options.clients, sizeof *peers);
    unsigned char *world = malloc((1 << 20) + LARGEST);
    if (!peers || !world) fail("memory");
    randombytes_buf(world, (1 << 20) + LARGEST);
    uint64_t period = (uint64_t)(1e9 / options.hertz), next = now() + period;
    double start = 0;
    int measures = 0, phase;
    for (uint64_t tick = 0; (phase = atomic_load(&shared->phase)) != OVER; tick++, next += period) {
        if (phase == MEASURING && !measures) {
            measures = 1;
            shared->ticks = shared->sent = shared->opened = shared->refused = shared->kernel_full = 0;
            memset(shared->lateness, 0, sizeof shared->lateness);
            start = cpu_seconds();
        }
        sleep_until(next);
        uint64_t begun = now();
        note_lateness(begun > next ? begun - next : 0);
        receive_all(descriptor, &in, peers);
        send_all(descriptor, &out, peers, tick, world);
        shared->ticks++;
    }
    shared->server_cpu = cpu_seconds() - start;
    _exit(0);
}

// ---------------------------------------------------------------------------- the clients

struct client {
    int descriptor;
    uint32_t next;             // The number of its next datagram.
    uint32_t first, highest;   // Numbers received while measuring; first is one too high, 0 for none.
    uint64_t received;
};

static void receive_one(struct client *clients, uint32_t index, unsigned char *bytes, int measures) {
    for (;;) {
        ssize_t count = recv(clients[index].descriptor, bytes, LARGEST, MSG_DONTWAIT);
        if (count < 0) return;
        uint32_t client, number;
        if (!open_datagram(bytes, (size_t)count, down_keys, &client, &number) || client != index) {
            shared->client_refused++;
            continue;
        }
        if (!measures) continue;
        struct client *own = &clients[index];
        if (own->first == 0) own->first = number + 1;
        if (number > own->highest) own->highest = number;
        own->received++;
        // Almost always there is no second one.
        if (options.down.count <= 1) return;
    }
}

static void send_one(struct client *client, uint32_t index, const unsigned char *text) {
    unsigned char datagram[LARGEST];
    write_header(datagram, index, client->next++);
    seal(datagram, options.up.bytes, text, &up_keys[index]);
    send(client->descriptor, datagram, options.up.bytes, MSG_DONTWAIT);
}

static void open_clients(struct client *clients, int queue) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(shared->port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (uint32_t index = 0; index < options.clients; index++) {
        uint32_t host = INADDR_LOOPBACK + index / CLIENTS_PER_ADDRESS;
        clients[index].descriptor = open_socket(host, 1 << 17);
        if (connect(clients[index].descriptor, (struct sockaddr *)&server, sizeof server) != 0)
            fail("connect");
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
        if (epoll_ctl(queue, EPOLL_CTL_ADD, clients[index].descriptor, &event) != 0) fail("epoll");
    }
}

static void count_losses(const struct client *clients) {
    for (uint32_t index = 0; index < options.clients; index++) {
        if (clients[index].first == 0) continue;
        shared->expected += clients[index].highest + 2 - clients[index].first;
        shared->received += clients[index].received;
    }
}

static void run_clients(void) {
    static unsigned char bytes[LARGEST], text[LARGEST];
    struct epoll_event events[512];
    take_core(1);
    struct client *clients = calloc(options.clients, sizeof *clients);
    int queue = epoll_create1(0), measures = 0, phase;
    if (!clients || queue < 0) fail("clients");
    open_clients(clients, queue);
    double start = 0, each = 1e9 / options.hertz / options.clients;
    // Steps of the crowd so far: client s % N takes its step s / N, evenly over the tick.
    uint64_t begun = now(), step = 0;
    while ((phase = atomic_load(&shared->phase)) != OVER) {
        if (phase == MEASURING && !measures) {
            measures = 1;
            start = cpu_seconds();
        }
        uint64_t target = (uint64_t)((double)(now() - begun) / each);
        if (target > step + options.clients) step = target - options.clients;
        for (; step < target; step++) {
            uint32_t index = (uint32_t)(step % options.clients);
            unsigned left = due(options.up.count, step / options.clients, index);
            for (; left > 0; left--) send_one(&clients[index], index, text);
        }
        int ready;
        do {
            ready = epoll_wait(queue, events, 512, 0);
            for (int event = 0; event < ready; event++)
                receive_one(clients, events[event].data.u32, bytes, measures);
        } while (ready == 512);
        sleep_until((now() / 1000000 + 1) * 1000000);
    }
    shared->client_cpu = cpu_seconds() - start;
    count_losses(clients);
    _exit(0);
}

// ---------------------------------------------------------------------------- the run

static struct direction parse_direction(const char *text) {
    struct direction direction = {0};
    if (sscanf(text, "%lfx%zu", &direction.count, &direction.bytes) != 2 || direction.count < 0
        || direction.bytes < HEADER + TAG || direction.bytes > LARGEST) {
        fprintf(stderr, "'%s': give COUNTxBYTES, such as 1.0x1100, of %d to %d bytes\n", text,
                HEADER + TAG, LARGEST);
        exit(64);
    }
    return direction;
}

static void parse(int count, char **words) {
    static const struct option names[] = {
        {"clients", required_argument, 0, 'n'}, {"hz", required_argument, 0, 'h'},
        {"seconds", required_argument, 0, 's'}, {"down", required_argument, 0, 'd'},
        {"up", required_argument, 0, 'u'},      {0}};
    for (int name; (name = getopt_long(count, words, "", names, NULL)) != -1;) {
        switch (name) {
        case 'n': options.clients = (uint32_t)atoi(optarg); break;
        case 'h': options.hertz = atof(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'd': options.down = parse_direction(optarg); break;
        case 'u': options.up = parse_direction(optarg); break;
        default: exit(64);
        }
    }
    if (options.clients < 1 || options.clients > 50000 || options.hertz < 1 || options.seconds <= 0) {
        fprintf(stderr, "give 1 to 50000 clients, at least 1 Hz and some seconds\n");
        exit(64);
    }
}

static double lateness_percentile(double percent) {
    uint64_t seen = 0, wanted = (uint64_t)((double)shared->ticks * percent / 100);
    for (int bucket = 0; bucket < LATENESS_BUCKETS; bucket++) {
        seen += shared->lateness[bucket];
        if (seen > wanted) return bucket / 1e3;
    }
    return 0;
}

static pid_t start(void (*body)(int), int descriptor) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body(descriptor);
    _exit(0);
}

static void clients_without(int descriptor) {
    close(descriptor);
    run_clients();
}

int main(int count, char **words) {
    parse(count, words);
    if (sodium_init() < 0 || !crypto_aead_aes256gcm_is_available()) {
        fprintf(stderr, "this processor has no AES instructions\n");
        return 77;
    }
    raise_descriptor_limit();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("memory");
    make_keys();
    int descriptor = open_socket(INADDR_LOOPBACK, 64 << 20);
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    if (getsockname(descriptor, (struct sockaddr *)&own, &length) != 0) fail("getsockname");
    shared->port = ntohs(own.sin_port);
    pid_t server = start(run_server, descriptor), crowd = start(clients_without, descriptor);
    usleep(1500000 + options.clients * 50);
    atomic_store(&shared->phase, MEASURING);
    usleep((useconds_t)(options.seconds * 1e6));
    atomic_store(&shared->phase, OVER);
    int status = 0, failed = 0;
    waitpid(server, &status, 0);
    failed |= status;
    waitpid(crowd, &status, 0);
    failed |= status;
    double ticks = (double)options.clients * (double)shared->ticks;
    double lost = shared->expected > 0
        ? 100.0 * (double)(shared->expected - shared->received) / (double)shared->expected : 0;
    printf("{\"clients\":%u, \"hz\":%g, \"ticks\":%llu, \"serverCpuMicrosPerClientTick\":%.3f, "
           "\"swarmCpuMicrosPerClientTick\":%.3f, \"tickLatenessP50Ms\":%.3f, "
           "\"tickLatenessP99Ms\":%.3f, \"datagramsDownPerClientTick\":%.3f, "
           "\"datagramsUpPerClientTick\":%.3f, \"lostPercent\":%.3f, \"refused\":%llu}\n",
           options.clients, options.hertz, (unsigned long long)shared->ticks,
           shared->server_cpu * 1e6 / ticks, shared->client_cpu * 1e6 / ticks,
           lateness_percentile(50), lateness_percentile(99), (double)shared->sent / ticks,
           (double)shared->opened / ticks, lost,
           (unsigned long long)(shared->refused + shared->client_refused));
    return failed != 0;
}
