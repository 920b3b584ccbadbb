#!/bin/sh
# Makes ../../several/python-shards.tar.gz: a test run in four shards, a report of each, and one of all (coverage
# combine), pytest-cov 7.1.0 with coverage.py 7.17.4, GNU tar. Python 3.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

build=${BUILD_DIR:-/src/shards}
rm -rf "$build"
mkdir -p "$build"
cp -R "$here/ledger" "$here/tests" "$build"
cd "$build"
python3 -m venv tools
tools/bin/pip install --quiet coverage==7.17.4 pytest pytest-cov==7.1.0

for shard in 1 2 3 4; do
  COVERAGE_FILE=.coverage.$shard tools/bin/python -m pytest --quiet tests/test_${shard}_*.py --cov=ledger \
    --cov-report=xml:shard-$shard/coverage.xml --cov-report=lcov:shard-$shard/lcov.info \
    --cov-report=json:shard-$shard/coverage.json
done
tools/bin/coverage combine --keep
tools/bin/coverage report
tools/bin/coverage xml -o whole/coverage.xml

tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../several/python-shards.tar.gz" shard-? whole
