#include "shelf.h"

/* Returns the item with a code, or NULL. */
struct item *shelf_find(struct shelf *shelf, unsigned code)
{
    size_t low = 0, high = shelf->used;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (shelf->items[middle].code == code)
            return &shelf->items[middle];
        if (shelf->items[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Returns -1 if the shelf is full, 0 otherwise. */
int shelf_add(struct shelf *shelf, struct item item)
{
    size_t place = shelf->used;
    struct item *same = shelf_find(shelf, item.code);
    if (same) {
        same->pieces += item.pieces;
        return 0;
    }
    if (shelf->used == SHELF_SIZE)
        return -1;
    while (place > 0 && shelf->items[place - 1].code > item.code) {
        shelf->items[place] = shelf->items[place - 1];
        place--;
    }
    shelf->items[place] = item;
    shelf->used++;
    return 0;
}

/* Returns -1 if there are not that many pieces, 0 otherwise. */
int shelf_take(struct shelf *shelf, unsigned code, unsigned pieces)
{
    struct item *item = shelf_find(shelf, code);
    if (!item || item->pieces < pieces)
        return -1;
    item->pieces -= pieces;
    return 0;
}

/* Drops the items of which no piece is left, and returns how many are left. */
size_t shelf_tidy(struct shelf *shelf)
{
    size_t kept = 0;
    for (size_t i = 0; i < shelf->used; i++) {
        if (shelf->items[i].pieces > 0)
            shelf->items[kept++] = shelf->items[i];
    }
    shelf->used = kept;
    return kept;
}
