from ledger import parse, show


def test_show():
    assert show(parse("-0.05")) == "-0.05"
