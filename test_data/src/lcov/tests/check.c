/* Runs part of the library on purpose: a report wants covered and missed lines. */
#include <assert.h>
#include <string.h>
#include "shelf.h"
#include "text.h"

int main(void)
{
    struct shelf shelf = { .used = 0 };
    char text[16];
    assert(shelf_add(&shelf, (struct item){ .code = 7, .pieces = 2, .cents = 250 }) == 0);
    assert(shelf_add(&shelf, (struct item){ .code = 3, .pieces = 1, .cents = 999 }) == 0);
    assert(shelf_take(&shelf, 7, 1) == 0);
    assert(stock_value(&shelf) == 1249);
    assert(discounted(250, 10) == 2375);
    assert(money_print(text, sizeof text, 1249) == 0);
    assert(strcmp(text, "12.49") == 0);
    assert(ean_digit("400638133393") == 1);
    return 0;
}
