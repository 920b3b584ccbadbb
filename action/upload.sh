# shellcheck shell=bash
# Packs and uploads the report.
# shellcheck disable=SC2154 # run.sh and http.sh set what is not set here
# shellcheck disable=SC2034 # $failure is for the caller

# Packs the report into $WORK/report.tar.gz.
pack() {
  local folder=${INPUT_WORKING_DIR:-.}
  if [ -z "$INPUT_REPORT_DIR" ]; then fail 'report_dir is empty.'; fi
  if [ ! -d "$folder" ]; then fail "working_dir $folder is not a folder."; fi
  if ! (cd "$folder" && [ -d "$INPUT_REPORT_DIR" ]); then
    fail "report_dir $INPUT_REPORT_DIR is not a folder in $folder; an earlier step must create it."
  fi
  # macOS would add files of its own.
  COPYFILE_DISABLE=1 tar -C "$folder" -czf "$WORK/report.tar.gz" -- "$INPUT_REPORT_DIR" ||
    fail "report_dir $INPUT_REPORT_DIR could not be packed."
}

# Uploads it; the answer is in $WORK/upload.json.
upload() {
  local address
  address="$API?$(query \
    --arg org_name "$ORG" --arg repo_name "$REPO" --arg branch_name "$branch" \
    --arg commit_hash "$commit" --arg commit_author "$GITHUB_ACTOR" \
    --arg language "$INPUT_LANGUAGE" \
    --arg coverage_xml_file_name "$INPUT_COVERAGE_XML_FILE_NAME" \
    --arg github_api_url "$GITHUB_API_URL")"
  retrying send "$credential" POST "$address" --header 'Content-Type: application/gzip' \
    --data-binary "@$WORK/report.tar.gz" || return 1
  if ! jq -c . "$WORK/body" >"$WORK/upload.json" 2>"$WORK/jq" ||
    ! jq -e '.coverage.percentage | numbers' "$WORK/upload.json" >"$WORK/percentage"; then
    failure="The answer is not a coverage server's ($status); check api_host"
    return 1
  fi
}

# Reports the result.
tell_upload() {
  local percentage report
  percentage=$(jq -r '.coverage.percentage' "$WORK/upload.json")
  report=$(jq -r '.coverage.report_url // empty' "$WORK/upload.json")
  say "$percentage% on $branch in $INPUT_LANGUAGE. $report"
  output coverage_result "$(cat "$WORK/upload.json")"
  output percentage "$percentage"
  output current_branch_report_url "$report"
  output current_branch_badge_url "$API/badge?$(query --arg org_name "$ORG" \
    --arg repo_name "$REPO" --arg branch_name "$branch" --arg language "$INPUT_LANGUAGE")"
  if [ -z "$base_branch" ]; then
    summarize "### Coverage $percentage%"
    summarize "[<code>$(as_text "$branch")</code>](<$report>) in $(as_text "$INPUT_LANGUAGE")"
  fi
}
