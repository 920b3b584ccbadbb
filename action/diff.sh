# shellcheck shell=bash
# The diff that belongs to the tested commit, its base, and the commit's time.

# GitHub's compare lists no more files than this, and does not say that there are more.
readonly MOST_FILES=300
readonly MOST_DIFF_BYTES=50000000

tested=
base_commit=
committed_at=
# GitHub's comparison with the base, once it was asked for: how many commits the base is ahead, and how
# many files differ.
behind=
changed_files=
# The diff's name in $WORK and in the archive; empty without one. It is not the name of any report's
# folder, which is all else that the archive has at its top.
diff_name=

# Sets the variables above. Without a diff a notice says why.
find_change() {
  find_tested
  if [ -n "$base_tip" ]; then
    if make_diff "$WORK/${WORK##*/}.diff"; then
      diff_name=${WORK##*/}.diff
      say "The diff is from ${base_commit:0:8} to ${tested:0:8}."
    else
      notice "No diff was made, so the changed lines are not known: $failure.$(why_refused contents read) actions/checkout with \`fetch-depth: 0\` has all that is needed."
    fi
  fi
  # A branch that was reset to an older commit must not keep the newer one's report.
  if [ -z "$before" ] || is_fast_forward; then committed_at=$(commit_time) || committed_at=; fi
}

# make_diff FILE. A diff that is not whole is not used.
make_diff() {
  failure='git made no diff'
  if [ -z "$tested" ]; then
    # The checkout does not say what another job has tested: the head, or its merge with the base.
    ask_base "$commit" && merges_cleanly || return 1
    tested=$commit
  elif [ -z "$base_commit" ] && ! base_commit=$(merge_base "$base_tip" "$tested"); then
    ask_base "$tested" || return 1
  fi
  if has_commits "$base_commit" "$tested"; then
    git_diff "$base_commit" "$tested" >"$1" || return 1
  else
    github_diff "$1" || return 1
  fi
  if [ "$(wc -c <"$1")" -gt "$MOST_DIFF_BYTES" ]; then
    failure="it has more than $MOST_DIFF_BYTES bytes"
    return 1
  fi
}

# compare_on_github BASE HEAD; the answer is in $WORK/body.
compare_on_github() {
  retrying github GET "/compare/$(uri "$1...$2")${3-?per_page=1}"
}

# Sets $base_commit, $behind and $changed_files to what the last answer says.
read_comparison() {
  read_lines base_commit behind changed_files < <(
    jq -r '.merge_base_commit.sha // "", .behind_by // "", (.files | length)' "$WORK/body"
  )
  mv "$WORK/body" "$WORK/ours.json"
}

# Sets $base_commit to the merge base of $base_tip and a commit.
ask_base() {
  compare_on_github "$base_tip" "$1" || return 1
  read_comparison
  if ! [[ $base_commit =~ ^[0-9a-f]{40,64}$ ]]; then
    failure="GitHub did not say where $base_tip and ${1:0:8} part"
    return 1
  fi
}

# Whether no file has changed on both sides, so that the changed files are the same in the head and in
# its merge with the base. $WORK/ours.json has the head's side.
merges_cleanly() {
  if [ "$behind" = 0 ]; then return 0; fi
  compare_on_github "$commit" "$base_tip" || return 1
  failure="$base_branch has changed the same files, so it matters whether the head or its merge was tested, and the checkout is at neither"
  jq -e --slurpfile ours "$WORK/ours.json" --argjson most "$MOST_FILES" '
    def names: [.files[] | .filename, .previous_filename // empty];
    ($ours[0] | names) as $names
    | (.files | length) < $most and all(names[]; . as $name | $names | index([$name]) | not)' \
    "$WORK/body" >/dev/null
}

# github_diff FILE: GitHub's diff, if it is whole.
github_diff() {
  local sections
  if [ -z "$changed_files" ]; then
    compare_on_github "$base_commit" "$tested" || return 1
    read_comparison
  fi
  if [ "$changed_files" -ge "$MOST_FILES" ]; then
    failure="GitHub's diff ends after $MOST_FILES files"
    return 1
  fi
  media=.diff compare_on_github "$base_commit" "$tested" '' || return 1
  sections=$(awk '/^diff --git / { n++ } END { print n + 0 }' "$WORK/body")
  if [ "$sections" != "$changed_files" ]; then
    failure="GitHub's diff was cut off: it has $sections of $changed_files files"
    return 1
  fi
  mv "$WORK/body" "$1"
}
