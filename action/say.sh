# shellcheck shell=bash
# A job's log, annotations, outputs and summary.

# Text as a workflow command expects it, on one line.
escaped() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '%s' "$text"
}

# A line of the log, in which the runner finds no workflow command, wherever the text comes from.
say() {
  local text=$1 command='##[' harmless='## ['
  text=${text//$'\r'/ }
  text=${text//$'\n'/ }
  printf '%s\n' "Coverage: ${text//"$command"/$harmless}"
}

notice() {
  printf '::notice::%s\n' "$(escaped "$1")"
}

# Fails the job's step.
fail() {
  printf '::error::%s\n' "$(escaped "$1")"
  exit 1
}

# A notice and a line in the summary; the job goes on.
note() {
  notice "$1"
  summarize "> [!NOTE]"$'\n'"> $(as_text "$1")"
}

# output NAME VALUE. The delimiter is random, so that no value can contain it.
output() {
  : "${delimiter:=end_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}"
  printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >>"$GITHUB_OUTPUT"
}

summarize() {
  printf '%s\n\n' "$1" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
}

# Text from outside, on one line and escaped for Markdown: no markup, no mentions. Bytes that are not
# ASCII mean nothing there.
as_text() {
  local LC_ALL text=$1 char code i
  LC_ALL=C
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    printf -v code '%d' "'$char"
    case $char in
      [A-Za-z0-9\ ,/:\;-]) printf '%s' "$char" ;;
      $'\r' | $'\n') printf ' ' ;;
      *) if ((code > 0 && code < 128)); then printf '&#%d;' "$code"; else printf '%s' "$char"; fi ;;
    esac
  done
}
