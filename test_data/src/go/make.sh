#!/bin/sh
# Makes ../../go_coverage.tar.gz: go test, gocover-cobertura, go tool cover, GNU tar.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# The converter writes the folder it runs in to <source>, so the sample is
# built where the path says nothing about who made the archive.
build=${BUILD_DIR:-/src/wordcount}
rm -rf "$build"
mkdir -p "$build/coverage"
cp -R "$here/go.mod" "$here/numerals" "$here/words" "$here/wrap" "$build"
cd "$build"

go test -coverprofile=coverage.out ./...
go run github.com/boumenot/gocover-cobertura@v1.5.0 <coverage.out >coverage/coverage.xml
go tool cover -html=coverage.out -o coverage/index.html

# README.md and the tests say 33.03 %, which is 36 of 109 lines.
grep -q 'lines-covered="36" lines-valid="109"' coverage/coverage.xml || {
  echo "the sample's coverage is no longer 36 of 109 lines:" >&2
  grep '<coverage ' coverage/coverage.xml >&2
  exit 1
}

tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../go_coverage.tar.gz" coverage
