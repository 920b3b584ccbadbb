#!/bin/sh
# Makes ../../c-lcov-gnu.tar.gz: gcc --coverage, lcov 1.16 with genhtml, gcovr 5.2, GNU tar.
# Debian 12: apt-get install gcc lcov gcovr
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# A neutral folder: lcov and gcovr write it to the reports.
src=${BUILD_DIR:-/src/shop}
rm -rf "$src"
mkdir -p "$src/build"
cp -R "$here/stock" "$here/text" "$here/tests" "$src"
cd "$src"

gcc -std=c99 -O0 --coverage -Istock -Itext -o check tests/check.c stock/*.c text/*.c
./check

lcov --capture --directory . --output-file all.info
lcov --remove all.info "$src/tests/*" --output-file build/lcov.info
genhtml build/lcov.info --prefix "$src" --title shop --legend --output-directory build/html
gcovr --root . --exclude tests/ --print-summary --xml-pretty --xml build/cobertura.xml

# The two tools count the lines of one run, so they have to agree.
of_lcov=$(awk -F: '$1 == "LH" { hit += $2 } $1 == "LF" { found += $2 }
  END { printf "lines-covered=\"%d\" lines-valid=\"%d\"", hit, found }' build/lcov.info)
grep -qF "$of_lcov" build/cobertura.xml || {
  echo "gcovr does not say $of_lcov as lcov does:" >&2
  grep '<coverage ' build/cobertura.xml >&2
  exit 1
}

tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../c-lcov-gnu.tar.gz" build
