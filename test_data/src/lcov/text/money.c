#include <stdio.h>
#include "text.h"

/* Writes 1234 as "12.34". Returns -1 if there is no room. */
int money_print(char *text, size_t size, long cents)
{
    const char *sign = "";
    int length;
    if (cents < 0) {
        sign = "-";
        cents = -cents;
    }
    length = snprintf(text, size, "%s%ld.%02ld", sign, cents / 100, cents % 100);
    return length < 0 || (size_t)length >= size ? -1 : 0;
}

/* Reads what money_print() writes. Returns -1 for anything else. */
int money_parse(const char *text, long *cents)
{
    int negative = *text == '-', after_point = -1;
    long sum = 0;
    for (text += negative; *text; text++) {
        if (*text == '.' && after_point < 0) {
            after_point = 0;
        } else if (*text >= '0' && *text <= '9' && after_point < 2) {
            sum = sum * 10 + (*text - '0');
            after_point += after_point >= 0;
        } else {
            return -1;
        }
    }
    if (after_point != 2)
        return -1;
    *cents = negative ? -sum : sum;
    return 0;
}
