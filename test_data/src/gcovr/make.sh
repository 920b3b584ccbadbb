#!/bin/sh
# Makes ../../clover-gcovr7.tar.gz: gcc --coverage, gcovr 7.2, GNU tar.
# gcovr: pip install gcovr==7.2
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# A neutral folder: gcovr writes it to the reports.
build=${BUILD_DIR:-/src/ring}
rm -rf "$build"
mkdir -p "$build/coverage"
cp "$here"/*.c "$here"/*.h "$build"
cd "$build"

gcc -std=c99 -O0 --coverage -o check check.c ring.c checksum.c
./check
gcovr --root . --exclude check.c --print-summary \
  --clover coverage/clover.xml --clover-project ring \
  --cobertura coverage/cobertura.xml \
  --html-details coverage/index.html

tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../clover-gcovr7.tar.gz" coverage
