# shellcheck shell=bash
# What git knows of the change in the job's checkout, if there is one.

# In a container the checkout belongs to another user, which git refuses otherwise.
in_checkout() {
  GIT_TERMINAL_PROMPT=0 git -C "${INPUT_WORKING_DIR:-.}" -c 'safe.directory=*' "$@" \
    2>"$WORK/git" </dev/null
}

is_shallow() {
  [ "$(in_checkout rev-parse --is-shallow-repository)" = true ]
}

is_complete() {
  [ "$(in_checkout rev-parse --is-shallow-repository)" = false ]
}

# Whether the checkout has these commits. A shallow one fetches them, without their history.
has_commits() {
  local one
  for one; do
    in_checkout cat-file -e "$one^{commit}" ||
      { is_shallow &&
        in_checkout fetch --quiet --no-tags --no-recurse-submodules --depth=1 origin "$one"; } ||
      return 1
  done
}

# Sets $tested to the commit whose lines the report has, and for GitHub's merge commit $base_commit to
# the base that it merges into. $tested stays empty if the checkout is neither at it nor at the head.
find_tested() {
  local head parents
  head=$(in_checkout rev-parse --verify --quiet HEAD) || head=
  if [ -z "$pull_number" ] || [ "$head" = "$commit" ]; then
    tested=$commit
    return 0
  fi
  # git hides the parents of a shallow commit; the commit itself names them.
  parents=$(in_checkout cat-file commit HEAD |
    awk '!NF { text = 1 } !text && $1 == "parent" { printf "%s ", $2 }') || return 0
  if [[ $parents == [0-9a-f]*" $commit " ]]; then
    tested=$head
    base_commit=${parents%% *}
  fi
}

# Prints the merge base. The history of a shallow checkout may lack it and have an older one.
merge_base() {
  local tip=$1
  if ! [[ $tip =~ ^[0-9a-f]{40,64}$ ]]; then tip=refs/remotes/origin/$tip; fi
  is_complete && in_checkout merge-base "$tip" "$2"
}

# Prints the diff of two commits, whatever the machine's git is set to. Context would only cost bytes.
git_diff() {
  in_checkout -c diff.relative=false diff --unified=0 --find-renames --no-color --no-ext-diff \
    --no-textconv --submodule=short --src-prefix=a/ --dst-prefix=b/ "$1" "$2" --
}

commit_time() {
  in_checkout show --no-patch --format=%cI "$commit" || {
    retrying github GET "/git/commits/$commit" && jq -r '.committer.date // empty' "$WORK/body"
  }
}

# Whether $before is an ancestor of the commit, so that no history was rewritten.
is_fast_forward() {
  if is_complete; then
    in_checkout merge-base --is-ancestor "$before" "$commit"
  else
    retrying github GET "/compare/$before...$commit?per_page=1" &&
      [ "$(jq -r .status "$WORK/body")" = ahead ]
  fi
}
