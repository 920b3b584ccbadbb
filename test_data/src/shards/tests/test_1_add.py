from ledger import Book


def test_total():
    book = Book()
    book.add("rent", 50000)
    assert book.total() == 50000
