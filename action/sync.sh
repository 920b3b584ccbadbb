# shellcheck shell=bash
# After a branch was deleted: tells the server which branches still exist.

sync_branches() {
  if ! list_branches; then fail "The branches could not be listed, so nothing was sent: $failure."; fi
  jq -s --arg org_name "$ORG" --arg repo_name "$REPO" --arg github_api_url "$GITHUB_API_URL" \
    --arg commit_hash "$GITHUB_SHA" '$ARGS.named + {active_branches: (add | unique)}' \
    "$WORK/names" >"$WORK/sync.json"
  local count
  count=$(jq '.active_branches | length' "$WORK/sync.json")
  # The server marks every other branch deleted.
  if [ "$count" = 0 ]; then fail 'GitHub lists no branches, so nothing was sent.'; fi
  if ! find_credential; then fail "$failure."; fi
  if retrying send "$credential" PUT "$API" --header 'Content-Type: application/json' \
    --data-binary "@$WORK/sync.json"; then
    say "$count branches are active."
  elif [ "$status" = 404 ]; then
    notice "$failure."
  else
    fail "The branches were not synced: $failure."
  fi
}

# Writes every branch to $WORK/names, a list for each page. A branch that is deleted meanwhile can move
# another one from the next page to one that was already read. So several pages are read twice.
list_branches() {
  : >"$WORK/names"
  local page round
  for round in 1 2; do
    for ((page = 1; ; page++)); do
      retrying github GET "/branches?per_page=100&page=$page" || return 1
      if ! jq -e 'arrays | map(.name | strings)' "$WORK/body" >>"$WORK/names"; then
        failure='GitHub sent no list of branches'
        return 1
      fi
      if ! has_next_page; then break; fi
    done
    if [ "$page" = 1 ]; then break; fi
    say "Read $page pages of branches, round $round of 2."
  done
}
