"""A ledger of amounts in cents."""

from .book import Book
from .text import parse, show

__all__ = ["Book", "parse", "show"]
