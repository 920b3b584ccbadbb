# shellcheck shell=bash
# What is asked of GitHub, as whoever INPUT_TOKEN is.
# shellcheck disable=SC2034 # $failure is for the caller

# The job's event.
event() {
  jq -r "$1 // empty" "$GITHUB_EVENT_PATH"
}

# github METHOD PATH [argument of curl]...
github() {
  local method=$1 path=$2
  shift 2
  request "$INPUT_TOKEN" "$method" "${GITHUB_API_URL%/}/repos/$GITHUB_REPOSITORY$path" \
    --header 'Accept: application/vnd.github+json' \
    --header 'X-GitHub-Api-Version: 2022-11-28' "$@"
}

# Whether the last answer has a page after it. A short page does not say so: GitHub leaves out of
# pages what is not to be seen.
has_next_page() {
  [[ $(header link) == *'rel="next"'* ]]
}

# Who writes with the token, in $login. Only GraphQL tells every kind of token.
find_login() {
  if [ "$INPUT_TOKEN" = "${JOB_TOKEN:-}" ]; then
    login='github-actions[bot]'
    return 0
  fi
  request "$INPUT_TOKEN" POST "${GITHUB_GRAPHQL_URL:-https://api.github.com/graphql}" \
    --header 'Content-Type: application/json' --data '{"query":"{viewer{login}}"}' || return $?
  login=$(jq -r '.data.viewer.login // empty' "$WORK/body") || return 1
  if [ -z "$login" ]; then
    failure='GitHub does not say whose the token is'
    return 1
  fi
}
