-- What the dashboard reads: one look-up a page, whatever the number of old rows.

-- The last row of its branch and language, active or deleted: that branch's line in a table.
alter table coverages add column newest boolean not null default true;
update coverages c set newest = false
where exists (
  select from coverages later
  where later.repository_id = c.repository_id and later.branch_name = c.branch_name
    and later.language = c.language and later.id > c.id
);
create unique index coverages_newest on coverages (repository_id, branch_name, language)
  where newest;

-- The table of branches: active ones first, then by their last upload.
create index coverages_branches on coverages (repository_id, (deleted_at is not null), id desc)
  where newest;

-- A branch's trend, and the upload before another.
create index coverages_trend on coverages (repository_id, branch_name, language, id desc);

-- An author's uploads.
create index coverages_by_author on coverages (commit_author, id desc);

-- A repository's line on the home page, derived from its coverages whenever they change. All of it
-- is null until the first time.
alter table repositories
  -- The DEFAULT_BRANCHES that main_branch was chosen by; a start with others derives it anew.
  add column default_branches text[],
  -- Null where no branch is active.
  add column main_branch text,
  -- Of the main branch, in the language with the most lines.
  add column percentage numeric(5, 2),
  -- The main branch's languages, the one with the most lines first, each with its report and the
  -- percentages of its last uploads, oldest first.
  add column languages jsonb,
  -- When something was last uploaded, to any branch.
  add column newest_at timestamptz;
create index repositories_coverage on repositories (percentage desc nulls last, id desc);
create index repositories_newest on repositories (newest_at desc nulls last, id desc);
