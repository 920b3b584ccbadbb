# shellcheck shell=bash
# Which report it is: what the job's event says of its branch, its commit and what to compare with.

branch=${GITHUB_REF_NAME:-}
# The commit that the report is stored for. Of a pull request that is its head: the merge commit that
# GitHub tests is on no branch, and nobody looks at its status.
commit=$GITHUB_SHA
author=${GITHUB_ACTOR:-}
base_branch=
# Where the change begins: a branch, whose merge base with the commit is meant, or a commit.
base_tip=
pull_number=
# Where the branch was before this push, if it was not created by it.
before=
# Whether the job's token is read-only.
is_restricted=false
if [ "$author" = 'dependabot[bot]' ]; then is_restricted=true; fi

# read_lines NAME...: sets each variable to a line of the input.
read_lines() {
  local variable
  for variable; do IFS= read -r "${variable?}" || true; done
}

# What is read of a pull request, in jq.
readonly PULL_REQUEST='def pull_request: .number, .head.ref, .head.sha, .base.ref,
  .head.repo.full_name // "", .base.repo.full_name;'

# One start of jq reads the event, because it takes longer than all else here.
read_event() {
  {
    read_lines base_branch before
    base_tip=$base_branch
    read_details
  } < <(
    jq -r "$PULL_REQUEST"' .repository.default_branch // "", .before // "",
      (.pull_request // empty | pull_request),
      (.merge_group // empty | (.base_ref // "" | ltrimstr("refs/heads/")), .base_sha // ""),
      (.workflow_run // empty | .event, .head_branch // "", .head_sha,
        .head_repository.owner.login // "", .actor.login // "")' "$GITHUB_EVENT_PATH"
  )
}

# Reads what the event has beside that.
read_details() {
  case $GITHUB_EVENT_NAME in
    pull_request | pull_request_target) read_pull_request ;;
    push)
      if [[ $before =~ ^0+$ ]]; then before=; fi
      if [ "$branch" = "$base_branch" ]; then base_tip=$before; fi
      ;;
    schedule | workflow_dispatch)
      # The main branch itself has no change here.
      if [ "$branch" = "$base_branch" ]; then base_tip=; fi
      ;;
    merge_group) read_lines base_branch base_tip ;;
    workflow_run) read_workflow_run ;;
    *)
      fail "Nothing can be uploaded on $GITHUB_EVENT_NAME; docs/ci.md has the events that the Action knows."
      ;;
  esac
}

# Reads the lines of jq's pull_request.
read_pull_request() {
  local head_repository base_repository
  read_lines pull_number branch commit base_branch head_repository base_repository
  base_tip=$base_branch
  if [ "$head_repository" != "$base_repository" ]; then
    if [ "$GITHUB_EVENT_NAME" = pull_request ]; then is_restricted=true; fi
    # A fork's main is not this repository's main. This is git's name for it here.
    branch=pull/$pull_number/head
  fi
}

# The run of another workflow, whose report this job has downloaded.
read_workflow_run() {
  local run_event owner head_branch
  head_branch=
  read_lines run_event head_branch commit owner author
  branch=$head_branch
  case $run_event in
    pull_request | pull_request_target) ;;
    *)
      if [ "$branch" = "$base_branch" ]; then base_tip=; fi
      return 0
      ;;
  esac
  retrying github GET "/pulls?state=all&per_page=100&$(query head "$owner:$head_branch")" ||
    fail "The pull request of $owner:$head_branch was not found: $failure.$(why_refused pull-requests)"
  local head=$commit
  read_pull_request < <(
    jq -r --arg sha "$commit" "$PULL_REQUEST"'
      map(select(.head.sha == $sha)) + . | .[0] // empty | pull_request' "$WORK/body"
  )
  if [ -z "$pull_number" ]; then fail "$owner:$head_branch has no pull request."; fi
  commit=$head # later pushes have runs of their own
}
