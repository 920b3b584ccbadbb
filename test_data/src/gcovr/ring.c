#include "ring.h"

void ring_clear(struct ring *ring)
{
    ring->first = 0;
    ring->used = 0;
}

/* Returns 1 if an older byte had to go, 0 otherwise. */
int ring_put(struct ring *ring, unsigned char byte)
{
    size_t place = (ring->first + ring->used) % RING_SIZE;
    ring->bytes[place] = byte;
    if (ring->used == RING_SIZE) {
        ring->first = (ring->first + 1) % RING_SIZE;
        return 1;
    }
    ring->used++;
    return 0;
}

/* Returns the oldest byte, or -1 if there is none. */
int ring_take(struct ring *ring)
{
    int byte;
    if (ring->used == 0)
        return -1;
    byte = ring->bytes[ring->first];
    ring->first = (ring->first + 1) % RING_SIZE;
    ring->used--;
    return byte;
}
