#!/bin/sh
# Makes ../../several/go-shards.tar.gz: the tests of each package as a shard that measures all packages, and all of
# them at once, GNU tar.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

build=${BUILD_DIR:-/src/goshards}
rm -rf "$build"
mkdir -p "$build"
cp -R "$here/go.mod" "$here/numerals" "$here/words" "$here/wrap" "$build"
cd "$build"

for shard in numerals words wrap; do
  mkdir "shard-$shard"
  go test -coverpkg=./... -coverprofile="shard-$shard/coverage.out" "./$shard"
done
mkdir whole
go test -coverpkg=./... -coverprofile=whole/coverage.out ./...
go tool cover -func=whole/coverage.out | tail -n 1

tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../several/go-shards.tar.gz" shard-* whole
