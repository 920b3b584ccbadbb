#!/usr/bin/env python3
"""Writes ../several/MANIFEST.tsv: of each archive with several coverage files, which files make the whole, and what
the tool's own report of the whole says. Without any code of the server, as the tests compare its answers with this.
"""

import json
import pathlib
import tarfile
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent.parent / "several"
JACOCO = "jacoco-maven-plugin 0.8.12, report-aggregate"
NYC = "nyc 18.0.0, nyc merge"
COVERAGE = "pytest-cov 7.1.0, coverage.py 7.17.4, coverage combine"
JS = "whole/coverage-summary.json"
PYTHON = "whole/coverage.xml"

# archive, coverage files, the tool's report of the whole, the tool
UNIONS = [
    ("go-shards.tar.gz", "shard-*/coverage.out", "whole/coverage.out", "go 1.26.8, go test -coverpkg"),
    ("js-packages.tar.gz", "packages/*/coverage/clover.xml", JS, NYC),
    ("js-packages.tar.gz", "packages/*/coverage/coverage-final.json", JS, NYC),
    ("js-packages.tar.gz", "packages/*/coverage/lcov.info", JS, NYC),
    ("maven-modules.tar.gz", "*/target/site/jacoco/jacoco.xml", "whole/target/site/jacoco-aggregate/jacoco.xml", JACOCO),
    ("python-shards.tar.gz", "shard-*/coverage.json", PYTHON, COVERAGE),
    ("python-shards.tar.gz", "shard-*/coverage.xml", PYTHON, COVERAGE),
    ("python-shards.tar.gz", "shard-*/lcov.info", PYTHON, COVERAGE),
]


def read(name, document):
    """(covered, valid), the files' counts: sorted, because tools name files in different ways."""
    if name.endswith(".json"):
        counts = {path: (entry["lines"]["covered"], entry["lines"]["total"]) for path, entry in json.loads(document).items()}
        return counts.pop("total"), sorted(counts.values())
    if name.endswith(".out"):
        # Statements of distinct blocks; their lines are not counted here.
        blocks = {}
        for line in document.decode().splitlines()[1:]:
            block, statements, hits = line.rsplit(" ", 2)
            blocks[block] = int(statements), max(blocks.get(block, (0, 0))[1], int(hits))
        return (sum(n for n, hits in blocks.values() if hits), sum(n for n, _ in blocks.values())), []
    root = ET.fromstring(document)
    if root.tag == "coverage":
        files = [[int(line.get("hits")) > 0 for line in c.findall("lines/line")] for c in root.iter("class")]
        total = int(root.get("lines-covered")), int(root.get("lines-valid"))
        return total, sorted((sum(hits), len(hits)) for hits in files)
    counts = lambda element: next(
        (int(c.get("covered")), int(c.get("covered")) + int(c.get("missed")))
        for c in element.findall("counter")
        if c.get("type") == "LINE"
    )
    return counts(root), sorted(map(counts, root.iter("sourcefile")))


def main():
    table = [("archive", "coverage_files", "lines_covered", "lines_valid", "files", "whole", "tool")]
    for archive, pattern, whole, tool in UNIONS:
        with tarfile.open(HERE / archive) as tar:
            (covered, valid), files = read(whole, tar.extractfile(whole).read())
        of_each = " ".join(f"{covered}/{valid}" for covered, valid in files) or "-"
        table.append((archive, pattern, str(covered), str(valid), of_each, whole, tool))
    (HERE / "MANIFEST.tsv").write_text("".join("\t".join(row) + "\n" for row in table), encoding="utf-8")


main()
