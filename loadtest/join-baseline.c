// What Lattice.join is measured against (see Tests/CRDTTests/JoinSpeedTests.swift): the same
// latest-wins entries joined into an open-addressing table, in C and with nothing else to do.
//
//     gcc -O3 -o join-baseline loadtest/join-baseline.c && ./join-baseline 1000000 0
//
// The second argument shuffles the entries. Prints entries per second, the best of seven runs.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    uint64_t id, time;
    uint32_t replica;
    uint16_t field, used;
    int64_t value;
} entry;

static entry *table;
static uint64_t mask;

static entry *slot_of(uint64_t id, uint16_t field) {
    uint64_t slot = ((id ^ (uint64_t)field << 48) * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (table[slot].used && (table[slot].id != id || table[slot].field != field))
        slot = (slot + 1) & mask;
    return &table[slot];
}

// Joins the entries and counts those that changed something.
static uint64_t join(const entry *delta, uint64_t count) {
    uint64_t changed = 0;
    for (uint64_t i = 0; i < count; i++) {
        const entry *theirs = &delta[i];
        entry *mine = slot_of(theirs->id, theirs->field);
        int later = !mine->used || theirs->time > mine->time
            || (theirs->time == mine->time
                && (theirs->replica > mine->replica
                    || (theirs->replica == mine->replica && theirs->value > mine->value)));
        if (later) {
            *mine = *theirs;
            changed++;
        }
    }
    return changed;
}

static entry *entries(uint64_t count, uint64_t time, int shuffled) {
    entry *all = malloc(count * sizeof(entry));
    for (uint64_t i = 0; i < count; i++)
        all[i] = (entry){0x0100000100000001u + i, time + i, 0x01000001, 0, 1, (int64_t)i};
    uint64_t state = 1;
    for (uint64_t i = count - 1; shuffled && i > 0; i--) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t j = (state >> 33) % (i + 1);
        entry swapped = all[i];
        all[i] = all[j];
        all[j] = swapped;
    }
    return all;
}

// Of processor time, so that what else the machine does counts for less.
static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    uint64_t count = argc > 1 ? strtoull(argv[1], 0, 10) : 1000000;
    int shuffled = argc > 2 && argv[2][0] == '1';
    mask = 1;
    while (mask * 3 / 4 < count) mask *= 2;
    table = calloc(mask, sizeof(entry));
    mask--;
    entry *base = entries(count, 1, 0);
    if (join(base, count) != count) return 1;
    double best = 1e9;
    for (int run = 1; run <= 7; run++) {
        entry *delta = entries(count, (uint64_t)run * 1000000000u, shuffled);
        double start = seconds();
        if (join(delta, count) != count) return 1;
        double taken = seconds() - start;
        if (taken < best) best = taken;
        free(delta);
    }
    printf("%.0f\n", (double)count / best);
    return 0;
}
