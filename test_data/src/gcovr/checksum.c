#include <stddef.h>

/* Fletcher's checksum of 16 bits. */
unsigned fletcher16(const unsigned char *bytes, size_t length)
{
    unsigned low = 0, high = 0;
    for (size_t i = 0; i < length; i++) {
        low = (low + bytes[i]) % 255;
        high = (high + low) % 255;
    }
    return high << 8 | low;
}

/* The check digit of a Luhn number, without that digit; -1 if a character is no digit. */
int luhn_digit(const char *digits)
{
    int sum = 0, twice = 1;
    size_t length = 0;
    while (digits[length])
        length++;
    while (length-- > 0) {
        int digit = digits[length] - '0';
        if (digit < 0 || digit > 9)
            return -1;
        if (twice) {
            digit *= 2;
            if (digit > 9)
                digit -= 9;
        }
        twice = !twice;
        sum += digit;
    }
    return (10 - sum % 10) % 10;
}
