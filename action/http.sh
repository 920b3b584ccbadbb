# shellcheck shell=bash
# Requests with a bearer token, and retries.
#
# COVERAGE_RETRY_DELAY: seconds before the first retry, doubled each time; fractions are allowed.
# COVERAGE_TIMEOUT: seconds that one request may take.

readonly RETRY_DELAY=${COVERAGE_RETRY_DELAY:-2}
readonly TIMEOUT=${COVERAGE_TIMEOUT:-900}
readonly ATTEMPTS=5
# A job waits no longer than this, whatever Retry-After says.
readonly MOST_WAIT=120
# The status of a function that failed and may succeed on a retry.
readonly TRY_AGAIN=75

# The last request's status (000 without an answer), and a sentence if it failed. Its body is in $WORK/body, its headers in $WORK/headers.
status=000
failure=

# request TOKEN METHOD URL [argument of curl]...
# The token goes through standard input, because every process can read the arguments of others.
request() {
  local token=$1 method=$2 url=$3 code=0
  shift 3
  : >"$WORK/body"
  : >"$WORK/headers"
  status=$(
    if [ -n "$token" ]; then printf 'header = "Authorization: Bearer %s"\n' "$token"; fi |
      curl --config - --silent --show-error --globoff --connect-timeout 30 \
        --max-time "$TIMEOUT" --request "$method" --header 'User-Agent: coverage-action' \
        --output "$WORK/body" --dump-header "$WORK/headers" --write-out '%{http_code}' \
        "$@" --url "$url" 2>"$WORK/curl"
  ) || code=$?
  case $status in
    2??) if [ "$code" = 0 ]; then return 0; fi ;;
    000 | '') ;;
    *) code=0 ;; # rejected before the whole body was sent; the answer is what matters
  esac
  if [ "$code" != 0 ]; then
    IFS= read -r failure <"$WORK/curl" || true
    status=000
    case $code in
      # Names, connections, timeouts, answers that broke off.
      5 | 6 | 7 | 16 | 18 | 28 | 35 | 52 | 55 | 56 | 92) return "$TRY_AGAIN" ;;
      *) return 1 ;;
    esac
  fi
  failure=$(sentence)
  case $status in
    408 | 429 | 5??) return "$TRY_AGAIN" ;;
    403) if limited; then return "$TRY_AGAIN"; fi ;;
  esac
  return 1
}

# The same for the coverage server, whose 4xx answers are final.
send() {
  local code=0
  request "$@" || code=$?
  if [ "$code" = "$TRY_AGAIN" ] && [[ $status == 4?? ]]; then return 1; fi
  return "$code"
}

# Why the request failed, in the words of the server.
sentence() {
  local said
  said=$(jq -r '
    if (.error | type) == "object" then [.error[] | strings] | join(" ")
    elif (.error | type) == "string" then .error
    elif (.message | type) == "string" then
      [.message, (.errors // [] | arrays | .[] | .message? // empty)] | join("; ")
    else "" end' "$WORK/body" 2>"$WORK/jq") || said=
  if [ -z "$said" ]; then
    said="The answer has no message"
    case $status in
      3??) said="It redirects to $(header location)" ;;
    esac
  fi
  printf '%s (%s)' "${said%.}" "$status"
}

# header NAME: its value in the last answer.
header() {
  awk -v name="$1:" 'tolower($1) == name { sub(/^[^:]*: */, ""); sub(/\r$/, ""); value = $0 }
    END { print value }' "$WORK/headers"
}

# Whether a 403 is about too many requests.
limited() {
  [ -n "$(header retry-after)" ] || [ "$(header x-ratelimit-remaining)" = 0 ]
}

# Seconds that the last answer asks to wait; empty if it does not.
asked_wait() {
  local after
  after=$(header retry-after)
  if [[ $after =~ ^[0-9]{1,9}$ ]]; then
    printf '%s' "$after"
  elif [ "$(header x-ratelimit-remaining)" = 0 ]; then
    after=$(header x-ratelimit-reset)
    if [[ $after =~ ^[0-9]{1,12}$ ]]; then
      printf '%s' "$((10#$after > $(date +%s) ? 10#$after - $(date +%s) : 0))"
    fi
  fi
}

# retrying COMMAND...: runs it until it returns something else than TRY_AGAIN, at most ATTEMPTS times.
retrying() {
  local attempt code wait
  for ((attempt = 1; ; attempt++)); do
    code=0
    "$@" || code=$?
    if [ "$code" != "$TRY_AGAIN" ]; then return "$code"; fi
    wait=
    if [ "$status" != 000 ]; then wait=$(asked_wait); fi
    if [ "$attempt" = "$ATTEMPTS" ] || [ "${wait:-0}" -gt "$MOST_WAIT" ]; then return "$code"; fi
    if [ -z "$wait" ]; then
      wait=$(awk -v delay="$RETRY_DELAY" -v n="$attempt" 'BEGIN { print delay * 2 ^ (n - 1) }')
    fi
    say "$failure; retrying in $wait s."
    sleep "$wait"
  done
}

# Text, percent-encoded. In bash, because a start of jq takes 25 ms.
uri() {
  local LC_ALL text=$1 char code i
  LC_ALL=C # so that a character is a byte
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    case $char in
      [A-Za-z0-9._~-]) printf '%s' "$char" ;;
      *)
        printf -v code '%d' "'$char"
        printf '%%%02X' "$((code & 255))"
        ;;
    esac
  done
}

# query NAME VALUE...: a URL's query, without what is empty.
query() {
  local and=
  while [ $# -gt 0 ]; do
    if [ -n "$2" ]; then
      printf '%s%s=' "$and" "$1"
      uri "$2"
      and='&'
    fi
    shift 2
  done
}
