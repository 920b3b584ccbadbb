# shellcheck shell=bash
# What a job is told: its log, annotations, outputs and summary.

# Text as a workflow command takes it, in one line.
escaped() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '%s' "$text"
}

# A line of the log; the runner must find no command in it, wherever the text is from.
say() {
  local text=$1 command='##[' harmless='## ['
  text=${text//$'\r'/ }
  text=${text//$'\n'/ }
  printf '%s\n' "Coverage: ${text//"$command"/$harmless}"
}

notice() {
  printf '::notice::%s\n' "$(escaped "$1")"
}

# Ends the job's step.
fail() {
  printf '::error::%s\n' "$(escaped "$1")"
  exit 1
}

# What the job goes on without: said where people look.
note() {
  notice "$1"
  summarize "> [!NOTE]"$'\n'"> $(as_text "$1")"
}

# output NAME VALUE. No value can end itself: nobody knows the delimiter before.
output() {
  local delimiter
  delimiter=end_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >>"$GITHUB_OUTPUT"
}

summarize() {
  printf '%s\n\n' "$1" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
}

# Text from outside in Markdown: nothing of it is markup, and nobody is mentioned.
as_text() {
  jq -rn --arg text "$1" '
    $text | gsub("[\r\n]+"; " ") | explode
    | map(if ([.] | implode | test("[A-Za-z0-9 ,/:;-]")) then [.] | implode else "&#\(.);" end)
    | join("")'
}
