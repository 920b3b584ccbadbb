# shellcheck shell=bash
# The comparison of a pull request: outputs, summary, and one comment per language.
# shellcheck disable=SC2154 # run.sh and http.sh set what is not set here
# shellcheck disable=SC2034 # $failure is for the caller

# Asks the server; the answers are in $WORK/compare.json and $WORK/compare.md.
compare() {
  local address
  address="$API/compare?$(query --arg org_name "$ORG" --arg repo_name "$REPO" \
    --arg base "$base_branch" --arg head "$branch" --arg language "$INPUT_LANGUAGE")"
  retrying send '' GET "$address" --header 'Accept: application/json' || return 1
  mv "$WORK/body" "$WORK/compare.json"
  retrying send '' GET "$address" --header 'Accept: text/markdown' || return 1
  mv "$WORK/body" "$WORK/compare.md"
  marker=$(head -n 1 "$WORK/compare.md")
  if ! [[ $marker =~ ^'<!-- '.+' -->'$ ]]; then
    failure='The server sent no comment text'
    return 1
  fi
  link_to_ui
}

# With ui_host, the comment's link leads there.
link_to_ui() {
  if [ -z "$INPUT_UI_HOST" ]; then return 0; fi
  local page text
  page=$(jq -rn --arg org "$ORG" --arg repo "$REPO" '"\($org | @uri)/\($repo | @uri)"')
  page=${INPUT_UI_HOST%/}/$page
  text=$(jq -r --rawfile text "$WORK/compare.md" --arg page "$page" '
    "(<\(.repository_url)>)" as $link | $text | split($link) | join("(<\($page)>)")' \
    "$WORK/compare.json")
  printf '%s\n' "$text" >"$WORK/compare.md"
}

tell_comparison() {
  local of=$WORK/compare.json delta
  output base_percentage "$(jq -r '.base.percentage // empty' "$of")"
  output base_branch_badge_url "$(jq -r '.base_badge_url // empty' "$of")"
  output base_branch_report_url "$(jq -r '.base.report_url // empty' "$of")"
  output current_branch_badge_url "$(jq -r '.head_badge_url // empty' "$of")"
  delta=$(jq -r '.delta | numbers' "$of")
  if [ -n "$delta" ]; then delta=$(LC_ALL=C printf '%.2f' "$delta"); fi
  output improvement "$delta"
  summarize "$(tail -n +2 "$WORK/compare.md")"
}

# Writes the comment, or reports why not.
comment() {
  local login comment_id number
  number=$(event .pull_request.number)
  jq -n --rawfile body "$WORK/compare.md" '{body: $body}' >"$WORK/comment.json"
  if retrying put_comment; then
    say "The comment on #$number is at $(jq -r '.html_url // empty' "$WORK/body")"
  elif [ "$status" = 403 ]; then
    note "No comment was written on #$number: $failure.$(why_refused pull-requests)"
  else
    fail "The comment on #$number was not written: $failure."
  fi
}

# All of it is retried, not only the last request: a request whose answer got lost may have created the
# comment, and there must be only one.
put_comment() {
  find_login || return $?
  find_comment || return $?
  local json=(--header 'Content-Type: application/json' --data-binary "@$WORK/comment.json")
  if [ -n "$comment_id" ]; then
    github PATCH "/issues/comments/$comment_id" "${json[@]}"
  else
    github POST "/issues/$number/comments" "${json[@]}"
  fi
}

# Sets $comment_id to the token's own comment that begins with the marker, or to nothing.
find_comment() {
  local page
  for ((page = 1; ; page++)); do
    github GET "/issues/$number/comments?per_page=100&page=$page" || return $?
    comment_id=$(jq -r --arg login "$login" --arg marker "$marker" '
      map(select(.user.login == $login and (.body // "" | startswith($marker))))[0].id // empty' \
      "$WORK/body") || {
      failure='GitHub sent no list of comments'
      return 1
    }
    if [ -n "$comment_id" ] || ! has_next_page; then return 0; fi
  done
}
