# shellcheck shell=bash
# Requests to GitHub's API with INPUT_TOKEN.

# The job's event.
event() {
  jq -r "$1 // empty" "$GITHUB_EVENT_PATH"
}

# github METHOD PATH [argument of curl]... With media=.diff the answer is a diff.
github() {
  local method=$1 path=$2
  shift 2
  request "$INPUT_TOKEN" "$method" "${GITHUB_API_URL%/}/repos/$GITHUB_REPOSITORY$path" \
    --header "Accept: application/vnd.github${media:-+json}" \
    --header 'X-GitHub-Api-Version: 2022-11-28' "$@"
}

# Whether the last answer has another page. A short page says nothing: GitHub leaves hidden items
# out of pages.
has_next_page() {
  [[ $(header link) == *'rel="next"'* ]]
}

# Sets $login to the token's account. Only GraphQL knows it for every kind of token.
find_login() {
  if [ "$INPUT_TOKEN" = "${JOB_TOKEN:-}" ]; then
    login='github-actions[bot]'
    return 0
  fi
  request "$INPUT_TOKEN" POST "${GITHUB_GRAPHQL_URL:-https://api.github.com/graphql}" \
    --header 'Content-Type: application/json' --data '{"query":"{viewer{login}}"}' || return $?
  login=$(jq -r '.data.viewer.login // empty' "$WORK/body") || return 1
  if [ -z "$login" ]; then
    failure='GitHub did not say who the token belongs to'
    return 1
  fi
}
