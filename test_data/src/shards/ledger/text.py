def parse(text):
    negative = text.startswith("-")
    whole, _, part = text.lstrip("-").partition(".")
    cents = int(whole or 0) * 100 + int(part.ljust(2, "0") or 0)
    if negative:
        cents = -cents
    return cents


def show(cents):
    if cents < 0:
        return "-" + show(-cents)
    return f"{cents // 100}.{cents % 100:02}"


def table(rows):
    width = max(len(name) for name, _ in rows)
    lines = []
    for name, cents in rows:
        lines.append(f"{name:<{width}} {show(cents):>10}")
    return "\n".join(lines)
