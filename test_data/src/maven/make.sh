#!/bin/sh
# Makes ../../several/maven-modules.tar.gz: a build of two modules, a report of each and JaCoCo's own of both
# (jacoco-maven-plugin 0.8.12, goals report and report-aggregate), GNU tar. A JDK of 11 or later, Maven.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

build=${BUILD_DIR:-/src/modules}
rm -rf "$build"
mkdir -p "$build"
cp -R "$here/pom.xml" "$here/price" "$here/stock" "$here/whole" "$build"
cd "$build"

mvn --batch-mode --quiet verify

# The session's id is the name of the host and a random number.
find . -name 'jacoco.xml' -exec sed -i 's/<sessioninfo id="[^"]*"/<sessioninfo id="sample"/g' {} +
tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../several/maven-modules.tar.gz" \
  price/target/site/jacoco/jacoco.xml stock/target/site/jacoco/jacoco.xml \
  whole/target/site/jacoco-aggregate/jacoco.xml
