#!/bin/sh
# Makes ../../clover-perl.tar.gz: Devel::Cover with its Clover and HTML reports, GNU tar.
# Debian: apt-get install libdevel-cover-perl libdevel-cover-report-clover-perl
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# A neutral folder: Devel::Cover writes it to the reports.
build=${BUILD_DIR:-/src/shelf}
rm -rf "$build"
mkdir -p "$build"
cp -R "$here/lib" "$here/t" "$build"
cd "$build"

perl -MDevel::Cover=-silent,1,-db,db,+select,^lib/,+ignore,. -Ilib t/shelf.t
cover -silent -report html_basic -outputdir coverage db
cover -silent -report clover -outputdir coverage -projectname shelf db
cover -report text db

tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../clover-perl.tar.gz" coverage
