-- Repositories, and one row per upload.

create table repositories (
  id bigint generated always as identity primary key,
  org_name text not null,
  repo_name text not null,
  created_at timestamptz not null default clock_timestamp(),
  -- Who it is to the GitHub that vouches for its jobs: the GitHub's address, and after a space the
  -- repository's number where a credential had it. Set by the first upload that says so; a repository
  -- of the same name that is another one cannot upload. Null while only upload tokens were used.
  identity text,

  -- Its line on the home page, derived from its coverages in the transaction of each upload and sync.

  -- The DEFAULT_BRANCHES that main_branch was chosen by; a start with others derives it again.
  default_branches text[] not null default '{}',
  -- Null where no branch is active.
  main_branch text,
  -- Of the main branch, in the language with the most lines.
  percentage numeric(5, 2),
  -- The main branch's languages, the one with the most lines first, each with its report and the
  -- percentages of its last uploads, oldest first.
  languages jsonb not null default '[]',
  -- The time of the last upload, to any branch.
  newest_at timestamptz not null default clock_timestamp()
);

-- GitHub's names are case-insensitive; the first spelling seen is the one shown.
create unique index repositories_name on repositories (lower(org_name), lower(repo_name));

-- The home page, by coverage and by time.
create index repositories_coverage on repositories (percentage desc nulls last, id desc);
create index repositories_newest on repositories (newest_at desc, id desc);

create table coverages (
  -- Unique by itself. With the repository first, the key is also the history of a repository.
  id bigint generated always as identity,
  repository_id bigint not null references repositories (id),
  branch_name text not null,
  -- Not for a pull request, a tag or a merge queue: they are in no chart and no first list.
  is_branch boolean not null generated always as (
    branch_name !~ '^(refs/|gh-readonly-queue/|pull/[0-9]+/(head|merge)$)'
  ) stored,
  -- Compared byte by byte, so that its index finds a commit by the beginning of its hash.
  commit_hash text not null collate "C",
  commit_author text not null,
  -- As the upload says it; null: not said.
  commit_time timestamptz,
  -- What to compare with, as the upload says it; null: the main branch.
  base_branch text,
  base_commit text,
  language text not null,
  percentage numeric(5, 2) not null check (percentage between 0 and 100),
  -- Null where the coverage file holds only a rate.
  lines_covered integer,
  lines_valid integer,
  format text not null,
  -- The coverage of the lines that its diff changes, or why there is none; null: no diff was uploaded.
  patch jsonb,
  patch_reason text,
  patch_percentage numeric(5, 2),
  -- Names the report's folder.
  report_id uuid not null unique,
  -- The page that opens first, a path in the report; null: its listing.
  report_index text,
  -- Paths in the report: its lines can be read from these again.
  coverage_files text[] not null default '{}',
  -- Whether it is made of parts, uploads that were united; the report is that of the last one.
  has_parts boolean not null default false,
  -- Of the report's files, unpacked.
  report_bytes bigint not null,
  report_files integer not null,
  -- False once retention has removed the report; the numbers stay for the trend.
  report_stored boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  -- Set when a newer upload supersedes the row, or a sync deletes its branch. Null: active.
  deleted_at timestamptz,
  -- The last row of its branch and language, active or deleted: a line in the table of branches.
  newest boolean not null default true,
  primary key (repository_id, id),
  check (lines_covered between 0 and lines_valid),
  -- An active row is the newest of its branch and language, and its report is never removed.
  constraint coverages_active check (deleted_at is not null or (newest and report_stored))
);

-- One line per branch and language: lists and badges look up nothing else, so the number of old
-- rows costs them nothing.
create unique index coverages_newest on coverages (repository_id, branch_name, language)
  where newest;

-- The table of branches: active ones first, then by their last upload.
create index coverages_branches
  on coverages (repository_id, is_branch, (deleted_at is null) desc, id desc)
  where newest;

-- A branch's trend, and the upload before another.
create index coverages_trend on coverages (repository_id, branch_name, language, id desc);

-- The upload of a merge base.
create index coverages_commit on coverages (repository_id, language, commit_hash);

-- An author's uploads to each repository, newest first.
create index coverages_author on coverages (commit_author, repository_id, id desc);

-- Reports on disk, which retention goes through.
create index coverages_stored on coverages (repository_id, branch_name, language, id desc)
  where report_stored;

-- The parts of an upload: reports of their own, whose lines are united.
create table parts (
  report_id uuid primary key,
  repository_id bigint not null,
  coverage_id bigint not null,
  part text not null,
  percentage numeric(5, 2) not null,
  lines_covered integer,
  lines_valid integer,
  format text not null,
  report_index text,
  coverage_files text[] not null,
  report_bytes bigint not null,
  report_files integer not null,
  -- A diff, as a path in the report.
  diff_file text,
  -- What the paths of its lines are relative to.
  source_roots text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  unique (repository_id, coverage_id, part),
  foreign key (repository_id, coverage_id) references coverages (repository_id, id)
);

-- Tells this database from any other, whatever its address: a reports folder belongs to one.
create table identity (
  id uuid not null default gen_random_uuid(),
  only_row boolean primary key default true check (only_row)
);
insert into identity default values;
