# shellcheck shell=bash
# The comparison of a pull request: outputs, summary, and one comment for all languages.

# How often a comment is written again because other jobs have uploaded meanwhile.
readonly ROUNDS=5
# The first line of the comment, by which it is found.
marker=

# Asks the server, with the credential of the upload, which reads the repository where not everybody
# can; the answers are in $WORK/compare.json and $WORK/compare.md.
compare() {
  compared="$API/compare?$(query org_name "$ORG" repo_name "$REPO" \
    base "$base_branch" head "$branch" github_api_url "$GITHUB_API_URL")"
  retrying send "$credential" GET "$compared&$(query language "$INPUT_LANGUAGE")" \
    --header 'Accept: application/json' || return 1
  mv "$WORK/body" "$WORK/compare.json"
  read_comment
}

# Reads the comment of all languages.
read_comment() {
  retrying send "$credential" GET "$compared" --header 'Accept: text/markdown' || return 1
  mv "$WORK/body" "$WORK/compare.md"
  read_lines marker <"$WORK/compare.md"
  if ! [[ $marker =~ ^'<!-- '.+' -->'$ ]]; then
    failure='The server sent no comment text'
    return 1
  fi
  link_to_ui
}

# With ui_host, the comment's links to uploads lead there.
link_to_ui() {
  if [ -z "$INPUT_UI_HOST" ]; then return 0; fi
  local page text
  page=${INPUT_UI_HOST%/}/$(uri "$ORG")/$(uri "$REPO")
  text=$(jq -r --rawfile text "$WORK/compare.md" --arg page "$page" '
    "(<\(.repository_url)/" as $link | $text | split($link) | join("(<\($page)/")' \
    "$WORK/compare.json")
  printf '%s\n' "$text" >"$WORK/compare.md"
}

tell_comparison() {
  local base badge report head_badge delta
  read_lines base badge report head_badge delta < <(
    jq -r '.base.percentage // "", .base_badge_url // "", .base.report_url // "",
      .head_badge_url // "", .delta // ""' "$WORK/compare.json"
  )
  output base_percentage "$base"
  output base_branch_badge_url "$badge"
  output base_branch_report_url "$report"
  output current_branch_badge_url "$head_badge"
  if [ -n "$delta" ]; then delta=$(LC_ALL=C printf '%.2f' "$delta"); fi
  output improvement "$delta"
  summarize "$(tail -n +2 "$WORK/compare.md")"
}

# Writes the comment, or reports why not. Jobs that run at the same time write the same comment: each
# asks the server again after it wrote, so that the last one to write has the rows of all.
comment() {
  local login comment_ids comment_url number=$pull_number round written
  for ((round = 1; round <= ROUNDS; round++)); do
    written=$(<"$WORK/compare.md")
    jq -n --rawfile body "$WORK/compare.md" '{body: $body}' >"$WORK/comment.json"
    if ! retrying put_comment; then
      if [ "$status" = 403 ]; then
        note "No comment was written on #$number: $failure.$(why_refused pull-requests)"
        return 0
      fi
      fail "The comment on #$number was not written: $failure."
    fi
    if ! read_comment; then
      say "The comment on #$number was not compared with the server again: $failure."
      break
    fi
    if [ "$written" = "$(<"$WORK/compare.md")" ]; then break; fi
  done
  say "The comment on #$number is at $comment_url"
}

# All of it is retried, not only the last request: a request whose answer got lost may have created the
# comment, and there must be only one.
put_comment() {
  local json=(--header 'Content-Type: application/json' --data-binary "@$WORK/comment.json") id
  find_login || return $?
  find_comments || return $?
  if [ -z "$comment_ids" ]; then
    github POST "/issues/$number/comments" "${json[@]}" || return $?
    # The next list may not have it yet.
    comment_url=$(jq -r '.html_url // empty' "$WORK/body")
    # Another job may have created one at the same time.
    find_comments || return $?
    if [[ $comment_ids != *' '* ]]; then return 0; fi
  fi
  # The oldest stays. The other job may have deleted the rest first.
  for id in ${comment_ids#"${comment_ids%% *}"}; do
    github DELETE "/issues/comments/$id" || { [ "$status" = 404 ] || return 1; }
  done
  github PATCH "/issues/comments/${comment_ids%% *}" "${json[@]}"
}

# Sets $comment_ids to the token's own comments that begin with the marker, oldest first, and
# $comment_url to where the oldest one is shown.
find_comments() {
  local page found ids url
  comment_ids=
  for ((page = 1; ; page++)); do
    github GET "/issues/$number/comments?per_page=100&page=$page" || return $?
    found=$(jq -r --arg login "$login" --arg marker "$marker" '
      map(select(.user.login == $login and (.body // "" | startswith($marker))))
        | .[0].html_url // "", (map(.id) | join(" "))' "$WORK/body") || {
      failure='GitHub sent no list of comments'
      return 1
    }
    read_lines url ids <<<"$found"
    if [ -n "$ids" ]; then
      if [ -z "$comment_ids" ]; then comment_url=$url; fi
      comment_ids=${comment_ids:+$comment_ids }$ids
    fi
    if ! has_next_page; then return 0; fi
  done
}
