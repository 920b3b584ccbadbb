class Book:
    def __init__(self):
        self.entries = []

    def add(self, name, cents):
        if not name:
            raise ValueError("an entry needs a name")
        self.entries.append((name, cents))

    def total(self, name=None):
        if name is None:
            return sum(cents for _, cents in self.entries)
        return sum(cents for other, cents in self.entries if other == name)

    def names(self):
        seen = []
        for name, _ in self.entries:
            if name not in seen:
                seen.append(name)
        return seen

    def clear(self):
        removed = len(self.entries)
        self.entries = []
        return removed
