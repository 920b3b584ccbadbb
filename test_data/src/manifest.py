#!/usr/bin/env python3
"""Writes ../MANIFEST.tsv: what each archive's coverage files say, read without any code of the server.

The tests hold the server's answers against this table, so it must not come from the server.
"""

import json
import pathlib
import re
import sys
import tarfile
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent.parent
GO = "go 1.26.8, gocover-cobertura 1.5.0"
NYC = "nyc 18.0.0 (istanbul-reports 3.2.0)"
JACOCO = "JaCoCo 0.8.12"
INDEX = "coverage/index.html"
BUILD_INDEX = "build/coverage/index.html"

# archive: the tool that wrote the report, its first page
ARCHIVES = {
    "c-gcovr-gnu.tar.gz": ("gcovr 5.2, gcc 12.2", "build/gcovr/index.html"),
    "c-lcov-gnu.tar.gz": ("gcovr 5.2, gcc 12.2; genhtml of lcov 1.16", "build/html/index.html"),
    "c-lcov-tests-gnu.tar.gz": ("lcov 1.16, two test names", "build/html/index.html"),
    "c-zero-gnu.tar.gz": ("gcovr 5.2, no source file", "build/index.html"),
    "clover-gcovr7.tar.gz": ("gcovr 7.2, gcc 12.2", INDEX),
    "clover-perl.tar.gz": ("Devel::Cover 1.38, Devel::Cover::Report::Clover 1.01", "coverage/coverage.html"),
    "deno-gnu.tar.gz": ("deno 2.9.6", "build/html/index.html"),
    "go-gnu.tar.gz": ("go 1.19.8", "build/coverage.html"),
    "go_coverage.tar.gz": (GO, INDEX),
    "jacoco-multi-group.tar.gz": (f"{JACOCO} (Ant task)", INDEX),
    "jacoco-nodebug.tar.gz": (f"{JACOCO} (command line), javac -g:none", INDEX),
    "java-cobertura-gnu.tar.gz": ("Cobertura 2.1.1", "build/cobertura-html/index.html"),
    "java-jacoco-gnu.tar.gz": ("JaCoCo 0.8.6 (Ant task)", "build/jacoco/html/index.html"),
    "js-deep-gnu.tar.gz": (NYC, BUILD_INDEX),
    "js-deep-pax.tar.gz": (NYC, BUILD_INDEX),
    "js-full-gnu.tar.gz": (NYC, BUILD_INDEX),
    "js-nyc-amp-gnu.tar.gz": (NYC, BUILD_INDEX),
    "js-nyc-dotslash.tar.gz": (NYC, INDEX),
    "js-nyc-gnu.tar.gz": (NYC, BUILD_INDEX),
    "js-nyc-pax.tar.gz": (NYC, BUILD_INDEX),
    "php-pcov-gnu.tar.gz": (
        "PHPUnit 9.6.7, php-code-coverage 9.2.26, pcov 1.0.11",
        "build/coverage-html/index.html",
    ),
    "python-gnu.tar.gz": ("coverage.py 6.5.0 --branch", "build/htmlcov/index.html"),
    "rust-gnu.tar.gz": ("rustc 1.95.0, llvm-cov 22.1.8", "build/html/index.html"),
    "variant-bsdtar-gnutar.tar.gz": (f"{GO}; bsdtar 3.6.2 --format gnutar", INDEX),
    "variant-bsdtar.tar.gz": (f"{GO}; bsdtar 3.6.2", INDEX),
    "variant-git-archive.tar.gz": (f"{GO}; git 2.39.5 archive", INDEX),
    "variant-node-tar.tar.gz": (f"{GO}; npm tar 7.5.23", INDEX),
    "variant-plain.tar": (f"{GO}; GNU tar 1.34, no gzip", INDEX),
    "variant-python-gnu.tar.gz": (f"{GO}; Python 3.11 tarfile GNU_FORMAT", INDEX),
    "variant-python-pax.tar.gz": (f"{GO}; Python 3.11 tarfile", INDEX),
    "variant-ustar.tar.gz": (f"{GO}; GNU tar 1.34 --format=ustar", INDEX),
    "variant-v7.tar.gz": (f"{GO}; GNU tar 1.34 --format=v7", INDEX),
}


def read(name, document):
    """(format, covered, valid) of a coverage file, or None for a file of another kind."""
    if name.endswith((".info", ".lcov")):
        return "lcov", *read_lcov(document.decode("latin-1"))
    if name.endswith(".out"):
        return "go-statements", *read_go(document.decode())
    if name.endswith(".json"):
        return read_json(json.loads(document))
    return read_xml(document) if name.endswith(".xml") else None


def read_record(text):
    """coverage.py counts lines that it excludes in LH, but not in LF."""
    hit, found = (sum(map(int, re.findall(rf"^{kind}:(\d+)", text, re.M))) for kind in ("LH", "LF"))
    missed = len(re.findall(r"^DA:\d+,0\b", text, re.M))
    has_lines = "DA:" in text
    return (found - missed if has_lines and hit + missed > found else hit), found


def read_lcov(text):
    """lcov and genhtml count DA; the other tools print their own LF and LH, one record for each file."""
    names = re.findall(r"^SF:(.*)$", text, re.M)
    if len(names) == len(set(names)):
        records = [read_record(record) for record in text.split("end_of_record") if "SF:" in record]
        return tuple(map(sum, zip(*records)))
    lines, file = {}, None
    for line in text.splitlines():
        if line.startswith("SF:"):
            file = line
        elif line.startswith("DA:"):
            number, hits = line[3:].split(",")[:2]
            lines[file, number] = max(int(hits), lines.get((file, number), 0))
    return counted(lines.values())


def read_go(text):
    blocks = {}
    for line in text.splitlines():
        if not line.startswith("mode:"):
            place, statements, count = line.rsplit(" ", 2)
            blocks[place] = (int(statements), int(count) or blocks.get(place, (0, 0))[1])
    return sum(s for s, hits in blocks.values() if hits), sum(s for s, _ in blocks.values())


def read_json(data):
    if "gcovr/summary_format_version" in data or "line_total" in data:
        return "gcovr-summary", data["line_covered"], data["line_total"]
    if "gcovr/format_version" in data:
        lines = [line for file in data["files"] for line in file["lines"]]
        code = [line for line in lines if not line["gcovr/noncode"] and not line["gcovr/excluded"]]
        return "gcovr", *counted(line["count"] for line in code)
    if data.get("type") == "llvm.coverage.json.export":
        totals = data["data"][0]["totals"]["lines"]
        return "llvm-cov", totals["covered"], totals["count"]
    if "totals" in data:
        return "coverage.py", data["totals"]["covered_lines"], data["totals"]["num_statements"]
    if "total" in data and "lines" in data["total"]:
        return "istanbul-summary", data["total"]["lines"]["covered"], data["total"]["lines"]["total"]
    files = list(data.values())
    if not all(isinstance(file, dict) and "statementMap" in file for file in files):
        return None
    lines = {}
    for file in files:
        for key, place in file["statementMap"].items():
            line = file["path"], place["start"]["line"]
            lines[line] = max(file["s"][key], lines.get(line, 0))
    return "istanbul", *counted(lines.values())


def counted(hits):
    hits = list(hits)
    return sum(1 for value in hits if value), len(hits)


def read_xml(document):
    try:
        root = ET.fromstring(document)
    except ET.ParseError:
        return "malformed", None, None
    if root.tag == "report":
        counters = {c.get("type"): c for c in root.findall("counter")}
        kind = "LINE" if "LINE" in counters else "INSTRUCTION"
        covered, missed = (int(counters[kind].get(name)) for name in ("covered", "missed"))
        return "jacoco" if kind == "LINE" else "jacoco-instruction", covered, covered + missed
    if root.tag != "coverage":
        return None
    metrics = root.find("project/metrics")
    if metrics is not None:
        # gcovr 7 counts its lines as elements and leaves statements at 0.
        unit = "statements" if int(metrics.get("statements")) else "elements"
        return "clover", int(metrics.get(f"covered{unit}")), int(metrics.get(unit))
    if root.find("file") is not None:
        lines = root.findall("file/lineToCover")
        return "sonarqube", *counted(line.get("covered") == "true" for line in lines)
    if root.get("line-rate") is not None:
        return "cobertura", int(root.get("lines-covered")), int(root.get("lines-valid"))
    return None


def percentage(covered, valid):
    """Two decimals, half away from zero, in integers: floats would round some halves down."""
    hundredths = (covered * 20000 + valid) // (2 * valid)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def rows(archive, tool, index):
    with tarfile.open(HERE / archive) as tar:
        files = {m.name.removeprefix("./"): m for m in tar if m.isfile()}
        if index not in files:
            sys.exit(f"{archive} holds no {index}")
        for name in sorted(files):
            found = read(name, tar.extractfile(files[name]).read())
            if found is None:
                continue
            kind, covered, valid = found
            numbers = ("-", "-") if valid is None else (str(covered), str(valid))
            percent = percentage(covered, valid) if valid else "-"
            yield archive, name, kind, *numbers, percent, index, tool


def main():
    present = {p.name for p in HERE.iterdir() if ".tar" in p.name}
    if present != set(ARCHIVES):
        sys.exit(f"archives and table differ: {sorted(present ^ set(ARCHIVES))}")
    header = ("archive", "coverage_file", "format", "lines_covered", "lines_valid", "percentage", "index", "tool")
    table = [header]
    for archive, (tool, index) in sorted(ARCHIVES.items()):
        table += rows(archive, tool, index)
    text = "".join("\t".join(row) + "\n" for row in table)
    (HERE / "MANIFEST.tsv").write_text(text, encoding="utf-8")


main()
