#include "text.h"

/* The check digit after the first 12 digits of an EAN, or -1 if a character is no digit. */
int ean_digit(const char *digits)
{
    int sum = 0;
    for (int i = 0; i < 12; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        sum += (digits[i] - '0') * (i % 2 ? 3 : 1);
    }
    return (10 - sum % 10) % 10;
}

/* Whether 13 digits end in their check digit. */
int ean_valid(const char *digits)
{
    int digit = ean_digit(digits);
    return digit >= 0 && digits[12] == '0' + digit && digits[13] == '\0';
}
