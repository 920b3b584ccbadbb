from ledger import parse


def test_parse():
    assert parse("12.5") == 1250
