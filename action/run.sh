#!/usr/bin/env bash
# shellcheck source-path=SCRIPTDIR
#
# The Action's only step. It reads the runner's variables (GITHUB_…), the inputs (INPUT_…) and the
# settings of http.sh. It runs on bash 3.2, which macOS has, and in Git's bash on Windows.
set -euo pipefail

# Git's bash would take an argument such as /x for a path and change it.
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'

# On Windows jq ends lines with CRLF.
if [ "${RUNNER_OS:-}" = Windows ]; then
  jq() {
    command jq "$@" | tr -d '\r'
  }
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/say.sh"
source "$here/http.sh"
source "$here/github.sh"
source "$here/server.sh"
source "$here/event.sh"
source "$here/checkout.sh"
source "$here/diff.sh"
source "$here/upload.sh"
source "$here/checks.sh"
source "$here/pull_request.sh"
source "$here/sync.sh"

for tool in curl jq tar gzip awk; do
  type -P "$tool" >/dev/null ||
    fail "$tool is not installed on this runner; install it in a step before this one."
done

check_address() {
  local web='^https?://[^[:space:]<>"?#]+$' # and one that fits into Markdown's (<…>)
  local address=$1 name=$2
  [[ $address =~ $web ]] || fail "$name is \"$address\"; it must be an address like https://host/path."
}

INPUT_AUTH=${INPUT_AUTH:-github}
INPUT_UI_HOST=${INPUT_UI_HOST:-}
INPUT_OIDC_AUDIENCE=${INPUT_OIDC_AUDIENCE:-}
check_address "${INPUT_API_HOST:-}" api_host
if [ -n "$INPUT_UI_HOST" ]; then check_address "$INPUT_UI_HOST" ui_host; fi
case $INPUT_AUTH in
  github | oidc) ;;
  *) fail "auth is \"$INPUT_AUTH\"; it must be github or oidc." ;;
esac
[[ ${INPUT_TOKEN:-} =~ $BEARER_PATTERN ]] || fail 'token is empty, or not a token.'

API=${INPUT_API_HOST%/}
readonly API ORG=${GITHUB_REPOSITORY%%/*} REPO=${GITHUB_REPOSITORY#*/}
WORK=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/coverage.XXXXXX")
readonly WORK
trap 'rm -rf "$WORK"' EXIT

# A hint for a missing permission $1, of which $2 is needed, to follow $failure; begins with a space.
why_refused() {
  if [ "$status" = 403 ] && limited; then return; fi
  if [ "$is_restricted" = true ]; then
    printf ' GitHub gives jobs of forks and of Dependabot a read-only token.'
  elif [[ $failure == *'not accessible'* ]]; then
    printf ' Give the job %s.' "\`permissions: $1: ${2:-write}\`"
  fi
}

publish() {
  output current_branch_name "$branch"
  output base_branch_name "$base_branch"
  find_change
  pack
  if ! find_credential; then
    if [ "$is_restricted" = true ]; then
      note "The report was not uploaded: $failure.$(why_refused id-token)"
      return 0
    fi
    fail "$failure."
  fi
  if ! upload; then
    if [ "$status" = 403 ] && [ "$is_restricted" = true ]; then
      note "The report was not uploaded: $failure.$(why_refused statuses)"
      return 0
    fi
    fail "The report was not uploaded: $failure."
  fi
  tell_upload
  if [ "${INPUT_ANNOTATIONS:-false}" = true ]; then annotate; fi
  if [ -n "$pull_number" ]; then
    if ! compare; then
      fail "The report was uploaded, but not compared with $base_branch: $failure."
    fi
    tell_comparison
    if [ "${INPUT_SKIP_PR_COMMENT:-false}" != true ]; then comment; fi
  fi
  tell_checks
  if [ -n "$failed_checks" ] && [ "${INPUT_FAIL_ON_CHECKS:-true}" != false ]; then
    fail "${failed_checks% }"
  fi
}

if [ "$GITHUB_EVENT_NAME" = delete ]; then
  if [ "$(event .ref_type)" = branch ]; then sync_branches; else say 'No branch was deleted.'; fi
else
  read_event
  if [ "${GITHUB_REF_TYPE:-branch}" = branch ]; then
    publish
  else
    notice "$branch is a $GITHUB_REF_TYPE; only branches have coverage, so nothing was uploaded."
  fi
fi
