# shellcheck shell=bash
# Packs and uploads the report.

# What the server answers.
percentage=
report_url=
badge_url=
patch_percentage=
checks_passed=
patch_reason=
checks=

# Packs the report, and the diff beside it, into $WORK/report.tar.gz. Sets $report_name to the name of
# its folder. The folder is entered first, so that the archive has no "..", link or drive letter, and
# tar writes to standard output, because it takes D:\… for a file of another machine.
pack() {
  local working_dir=${INPUT_WORKING_DIR:-.} folder
  if [ -z "$INPUT_REPORT_DIR" ]; then fail 'report_dir is empty.'; fi
  if [ ! -d "$working_dir" ]; then fail "working_dir $working_dir is not a folder."; fi
  folder=$(cd "$working_dir" && cd "$INPUT_REPORT_DIR" 2>/dev/null && pwd -P) ||
    fail "report_dir $INPUT_REPORT_DIR is not a folder in $working_dir; an earlier step must create it."
  report_name=${folder##*/}
  if [ -z "$report_name" ]; then fail "report_dir $INPUT_REPORT_DIR is the root folder."; fi
  set -- "./$report_name"
  if [ -n "$diff_name" ]; then set -- "$@" -C "$WORK" "$diff_name"; fi
  # macOS would add files of its own. bsdtar's -z would put zeros behind the gzip.
  (cd "${folder%/*}/" && COPYFILE_DISABLE=1 tar -cf - "$@") | gzip >"$WORK/report.tar.gz" ||
    fail "report_dir $INPUT_REPORT_DIR could not be packed."
}

# The fields of the coverage files, one a line: names, or paths and patterns in the report's folder.
coverage_files() {
  local name
  while IFS= read -r name; do
    name=${name#"${name%%[![:space:]]*}"}
    name=${name%"${name##*[![:space:]]}"}
    if [[ $name == [!/]*/* ]]; then name=$report_name/$name; fi
    if [ -n "$name" ]; then printf '&%s' "$(query coverage_xml_file_name "$name")"; fi
  done <<<"$INPUT_COVERAGE_XML_FILE_NAME"
}

# Uploads it, and sets the variables above; $checks has for each check a line with whether it passed
# and a sentence. The answer is in $WORK/upload.json.
upload() {
  local address
  address="$API?$(query \
    org_name "$ORG" repo_name "$REPO" branch_name "$branch" \
    commit_hash "$commit" commit_author "$author" \
    language "$INPUT_LANGUAGE" github_api_url "$GITHUB_API_URL" \
    commit_time "$committed_at" part "${INPUT_PART:-}" \
    base_branch "$base_branch" base_commit "$base_commit" \
    diff_file_name "$diff_name" fail_under "${INPUT_FAIL_UNDER:-}" \
    max_drop "${INPUT_MAX_DROP:-}" \
    patch_fail_under "${INPUT_PATCH_FAIL_UNDER:-}")$(coverage_files)"
  retrying send "$credential" POST "$address" --header 'Content-Type: application/gzip' \
    --data-binary "@$WORK/report.tar.gz" || return 1
  {
    read_lines percentage report_url badge_url patch_percentage checks_passed patch_reason
    IFS= read -r -d '' checks || true
  } < <(
    jq -r 'def line: tostring | gsub("[\r\n]+"; " ");
      select(.coverage.percentage | numbers)
      | .coverage.percentage, .coverage.report_url // "", .badge_url // "",
        .patch.percentage // "",
        (.checks // [] | if . == [] then "" else all(.passed != false) end),
        (.patch_reason // "" | line),
        (.checks // [] | .[] | "\(.passed) \(.sentence | line)")' "$WORK/body" 2>"$WORK/jq"
  )
  if [ -z "$percentage" ]; then
    failure="The answer is not a coverage server's ($status); check api_host"
    return 1
  fi
  mv "$WORK/body" "$WORK/upload.json"
}

# Reports the result.
tell_upload() {
  say "$percentage% on $branch in $INPUT_LANGUAGE. $report_url"
  output coverage_result "$(<"$WORK/upload.json")"
  output percentage "$percentage"
  output current_branch_report_url "$report_url"
  # Without a login to read, a badge needs no token, and the answer has none.
  output current_branch_badge_url "${badge_url:-$API/badge?$(query org_name "$ORG" \
    repo_name "$REPO" branch_name "$branch" language "$INPUT_LANGUAGE")}"
  if [ -z "$pull_number" ]; then
    summarize "### Coverage $percentage%"
    summarize "[<code>$(as_text "$branch")</code>](<$report_url>) in $(as_text "$INPUT_LANGUAGE")"
  fi
}
