#!/bin/bash
# Makes ../../variant-* and ../../refused/*: the report of go_coverage.tar.gz, packed by other tools.
# Needs GNU tar, bsdtar (Debian: libarchive-tools), git, Python 3, Node with npm,
# and a file system that keeps holes in files.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$here/../.." && pwd)
build=${BUILD_DIR:-/src/variants}
rm -rf "$build"
mkdir -p "$build" "$out/refused"
cd "$build"

# bsdtar and Python must see the names as UTF-8.
export LC_ALL=C.UTF-8

owner=(--owner=0 --group=0 --numeric-owner --sort=name)

page() {
  printf '<!DOCTYPE html>\n<meta charset="utf-8">\n<title>%s</title>\n<p>%s\n' "$1" "$2"
}

# A fraction of a second, because pax archives can hold one and the others cannot.
date_all() {
  find "$1" -exec touch -h -d '2024-01-01 00:00:00.25Z' {} +
}

# Names that fit where the format has 100 bytes for them.
mkdir short
tar -xzf "$out/go_coverage.tar.gz" -C short

# Names that only the prefix field of ustar makes room for: 100 bytes after it, 155 in it.
segment=a-folder-with-a-name-of-forty-characters
cp -R short prefix
mkdir -p "prefix/coverage/$segment/$segment/$segment"
page 'prefix' 'A path of more than 100 bytes.' >"prefix/coverage/$segment/$segment/$segment/page.html"
page 'Größe' 'A name that is not ASCII.' >prefix/coverage/größe-日本.html

# Names that no ustar header holds.
cp -R prefix long
name=$(printf 'one-segment-of-a-name-%.0s' 1 2 3 4 5 6)
deep=coverage/$segment/$segment/$segment/$segment/$segment/$segment
mkdir -p "long/$deep"
page 'name' 'A name of more than 100 bytes.' >"long/coverage/${name}end.html"
page 'path' 'A path of more than 255 bytes.' >"long/$deep/page-in-a-deep-folder.html"

date_all .

(cd short && tar "${owner[@]}" --format=v7 -zcf "$out/variant-v7.tar.gz" coverage)
(cd prefix && tar "${owner[@]}" --format=ustar -zcf "$out/variant-ustar.tar.gz" coverage)

cd long
bsdtar --uid 0 --gid 0 --numeric-owner -czf "$out/variant-bsdtar.tar.gz" coverage
bsdtar --uid 0 --gid 0 --numeric-owner --format gnutar -czf "$out/variant-bsdtar-gnutar.tar.gz" coverage
python3 "$here/pack.py" pax "$out/variant-python-pax.tar.gz"
python3 "$here/pack.py" gnu "$out/variant-python-gnu.tar.gz"
tar "${owner[@]}" -cf "$out/variant-plain.tar" coverage

# The cut is inside a block, as when pieces of a stream are compressed one by one.
half=$(($(stat -c %s "$out/variant-plain.tar") / 2 + 100))
{
  head -c "$half" "$out/variant-plain.tar" | gzip -n
  tail -c "+$((half + 1))" "$out/variant-plain.tar" | gzip -n
} >"$out/refused/variant-concatenated-gzip.tar.gz"

# git archive begins with a pax global header that holds the commit.
git init -q -b main .
git add coverage
GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z' \
  git -c user.name=sample -c user.email=sample@example.com -c commit.gpgsign=false \
  commit -q -m 'Coverage report'
git archive --format=tar.gz -o "$out/variant-git-archive.tar.gz" HEAD
cd ..

npm install --silent --no-audit --no-fund --prefix node tar@7.5.23
cp "$here/pack.mjs" node
(cd long && node ../node/pack.mjs "$out/variant-node-tar.tar.gz")

# A file with a hole: tar stores a map of the data and the data, not the file's bytes.
cp -R short sparse
truncate -s 1M sparse/coverage/profile.bin
printf 'data after a hole\n' | dd of=sparse/coverage/profile.bin bs=1 seek=524288 conv=notrunc status=none
date_all sparse
cd sparse
tar "${owner[@]}" --format=gnu -S -zcf "$out/refused/variant-sparse.tar.gz" coverage
tar "${owner[@]}" --format=posix --pax-option='delete=atime,delete=ctime' -S \
  -zcf "$out/refused/variant-sparse-pax.tar.gz" coverage
