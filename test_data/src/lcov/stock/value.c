#include "shelf.h"

/* What everything on the shelf costs. */
long stock_value(const struct shelf *shelf)
{
    long sum = 0;
    for (size_t i = 0; i < shelf->used; i++)
        sum += shelf->items[i].cents * (long)shelf->items[i].pieces;
    return sum;
}

/* The item with the highest price, or NULL for an empty shelf. */
const struct item *dearest(const struct shelf *shelf)
{
    const struct item *found = NULL;
    for (size_t i = 0; i < shelf->used; i++) {
        if (!found || shelf->items[i].cents > found->cents)
            found = &shelf->items[i];
    }
    return found;
}
