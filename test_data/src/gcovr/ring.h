/* A ring buffer of bytes that drops the oldest byte when it is full. */
#ifndef RING_H
#define RING_H

#include <stddef.h>

#define RING_SIZE 8

struct ring {
    unsigned char bytes[RING_SIZE];
    size_t first;
    size_t used;
};

void ring_clear(struct ring *ring);
int ring_put(struct ring *ring, unsigned char byte);
int ring_take(struct ring *ring);

#endif
