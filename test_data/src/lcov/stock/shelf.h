/* A shelf of items, in the order of their codes. */
#ifndef SHELF_H
#define SHELF_H

#include <stddef.h>

#define SHELF_SIZE 16

struct item {
    unsigned code;
    unsigned pieces;
    long cents;
};

struct shelf {
    struct item items[SHELF_SIZE];
    size_t used;
};

struct item *shelf_find(struct shelf *shelf, unsigned code);
int shelf_add(struct shelf *shelf, struct item item);
int shelf_take(struct shelf *shelf, unsigned code, unsigned pieces);
size_t shelf_tidy(struct shelf *shelf);

long stock_value(const struct shelf *shelf);
const struct item *dearest(const struct shelf *shelf);

long discounted(long cents, unsigned pieces);
long with_tax(long cents, int percent);

#endif
