/* Prices and codes as text. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

int money_print(char *text, size_t size, long cents);
int money_parse(const char *text, long *cents);

int ean_digit(const char *digits);
int ean_valid(const char *digits);

#endif
