# shellcheck shell=bash
# What the server says of the changed lines and of the limits: outputs, summary, annotations.

# GitHub shows no more annotations of a step.
readonly MOST_ANNOTATIONS=10

# The sentences of the checks that failed.
failed_checks=

tell_checks() {
  local passed sentence symbol
  output patch_percentage "$patch_percentage"
  output checks_passed "$checks_passed"
  if [ -n "$patch_reason" ]; then notice "$patch_reason"; fi
  while IFS=' ' read -r passed sentence; do
    case $passed in
      true) symbol=✅ ;;
      false) symbol=❌ failed_checks="$failed_checks$sentence " ;;
      *) symbol=➖ ;;
    esac
    say "$sentence"
    summarize "$symbol $(as_text "$sentence")"
  done < <(printf '%s' "$checks")
}

# Warnings at the changed lines that no test covers.
annotate() {
  jq -r --argjson most "$MOST_ANNOTATIONS" '
    def escaped: gsub("%"; "%25") | gsub("\r"; "%0D") | gsub("\n"; "%0A") | gsub(":"; "%3A")
      | gsub(","; "%2C");
    [.patch.files // [] | .[] | (.path | escaped) as $file
      | .uncovered | split(",")[] | select(test("^[0-9]")) | split("-")
      | "::warning file=\($file),line=\(.[0]),endLine=\(.[-1]),title=Not covered::"
        + if .[0] == .[-1] then "No test covers line \(.[0])."
          else "No test covers lines \(.[0]) to \(.[-1])." end]
    | .[:$most][],
      if length > $most then "Coverage: \(length - $most) more uncovered changes are not shown."
      else empty end' "$WORK/upload.json"
}
