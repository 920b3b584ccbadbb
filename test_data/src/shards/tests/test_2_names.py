from ledger import Book


def test_names():
    book = Book()
    book.add("rent", 1)
    book.add("rent", 2)
    assert book.names() == ["rent"]
    assert book.total("rent") == 3
