#include "shelf.h"

/* The price of some pieces: 5 % less from 10 pieces on, 10 % less from 100 on. */
long discounted(long cents, unsigned pieces)
{
    long sum = cents * (long)pieces;
    if (pieces >= 100)
        return sum - sum / 10;
    if (pieces >= 10)
        return sum - sum / 20;
    return sum;
}

/* Adds a tax, rounded to the nearest cent. */
long with_tax(long cents, int percent)
{
    long hundredths = cents * percent;
    if (hundredths < 0)
        return cents - (50 - hundredths) / 100;
    return cents + (hundredths + 50) / 100;
}
