/* Runs part of the library on purpose: a report wants covered and missed lines. */
#include <assert.h>
#include "ring.h"

unsigned fletcher16(const unsigned char *bytes, size_t length);

int main(void)
{
    struct ring ring;
    ring_clear(&ring);
    assert(ring_take(&ring) == -1);
    assert(ring_put(&ring, 'a') == 0);
    assert(fletcher16((const unsigned char *)"abcde", 5) == 0xC8F0);
    return 0;
}
