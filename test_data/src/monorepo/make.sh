#!/bin/sh
# Makes ../../several/js-packages.tar.gz: a monorepo of three packages, a report of each as it writes it in its own
# folder, and one of all (nyc merge), nyc 18.0.0, GNU tar. Node.js 20 or later, npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

build=${BUILD_DIR:-/src/packages}
rm -rf "$build"
mkdir -p "$build/all"
cp -R "$here/package.json" "$here/packages" "$build"
cd "$build"
npm install --silent --no-save nyc@18.0.0

for package in cart price stock; do
  (cd "packages/$package" && npx nyc --silent npm test >/dev/null &&
    npx nyc report --reporter=lcovonly --reporter=clover --reporter=json)
  cp "packages/$package/coverage/coverage-final.json" "all/$package.json"
done
npx nyc merge all whole/merged.json
npx nyc report --temp-dir=whole --report-dir=whole --reporter=json-summary --reporter=text-summary

tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
  -zcf "$here/../../several/js-packages.tar.gz" packages/*/coverage whole/coverage-summary.json
