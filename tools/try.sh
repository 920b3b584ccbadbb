#!/usr/bin/env bash
# Tries a server from outside, as a release has it: an upload, and what it leads to.
#
#   tools/try.sh http://127.0.0.1:3000                        one that runs
#   tools/try.sh http://127.0.0.1:3000 dist/coverage-server   one that it starts by this command, in
#                                                             an empty folder, and stops
set -euo pipefail

address=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)

if [ $# -gt 0 ]; then
  case $1 in */*) set -- "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")" "${@:2}" ;; esac
  folder=$(mktemp -d)
  cd "$folder"
  export PORT=${address##*:} DATA_DIR=data
  "$@" version
  "$@" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$folder"' EXIT
fi

curl --silent --show-error --fail --output /dev/null \
  --retry 60 --retry-delay 1 --retry-all-errors "$address/coverages-api/health"
if [ $# -gt 0 ]; then "$@" health; fi

ask() { curl --silent --show-error --fail --location "$@"; }
name='org_name=acme&repo_name=shop&branch_name=main'
fields="$name&commit_hash=a123&commit_author=ada&language=go&coverage_xml_file_name=coverage.xml"
ask --header 'Content-Type: application/gzip' --output /dev/null \
  --data-binary "@$root/test_data/go_coverage.tar.gz" "$address/coverages-api?$fields"
ask "$address/coverages-api/badge?$name" | grep '33\.03%' >/dev/null
ask "$address/coverages-ui/acme/shop" | grep '33\.03%' >/dev/null
ask --location "$address/coverages-api/assets/acme/shop/main/archive/coverage/index.html" | grep '<html' >/dev/null

if [ $# -gt 0 ]; then
  trap 'rm -rf "$folder"' EXIT
  kill "$server"
  wait "$server" || [ "${OS:-}" = Windows_NT ] # which knows no signal to end by
fi
echo "The server at $address takes uploads, and shows them."
