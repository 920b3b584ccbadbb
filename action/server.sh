# shellcheck shell=bash
# The credential for the coverage server.

readonly BEARER_PATTERN='^[A-Za-z0-9._~+/=-]+$'

# Sets $credential: the job's token, or an OIDC token for the server. Returns 1 with a sentence in
# $failure if there is none.
find_credential() {
  if [ "$INPUT_AUTH" = github ]; then
    credential=$INPUT_TOKEN
    return 0
  fi
  if [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}" ]; then
    failure="The job cannot request an OIDC token; add \`permissions: id-token: write\` to it"
    return 1
  fi
  local audience=${INPUT_OIDC_AUDIENCE:-$(origin "$API")}
  retrying request "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" GET \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&$(query audience "$audience")" || {
    failure="GitHub did not issue an OIDC token: $failure"
    return 1
  }
  credential=$(jq -r '.value // empty' "$WORK/body") || credential=
  if ! [[ $credential =~ $BEARER_PATTERN ]]; then
    failure='GitHub did not issue an OIDC token'
    return 1
  fi
}

# The origin of a URL, as browsers define it.
origin() {
  local rest=${1#*://} scheme=${1%%://*}
  rest=${rest%%[/?#]*}
  rest=${rest##*@}
  local whole
  whole=$(printf '%s://%s' "$scheme" "$rest" | tr '[:upper:]' '[:lower:]')
  case $whole in
    https://*:443) whole=${whole%:443} ;;
    http://*:80) whole=${whole%:80} ;;
  esac
  printf '%s' "$whole"
}
