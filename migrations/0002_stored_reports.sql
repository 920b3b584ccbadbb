-- Which uploads still have their report, and what it weighs.

alter table coverages
  -- False once retention has given the report up; its numbers stay for the trend.
  add column report_stored boolean not null default true,
  -- Of the report's files, unpacked; null for uploads before this column, until they are measured.
  add column report_bytes bigint,
  add column report_files integer;

-- Until now the report of a superseded or deleted row was removed at once.
update coverages set report_stored = false where deleted_at is not null;

-- The report of an active row is never given up.
alter table coverages add constraint coverages_active_stored
  check (report_stored or deleted_at is not null);

-- What retention goes through, and what is stored in all: one line for each report there is.
create index coverages_stored on coverages (repository_id, branch_name, language, id desc)
  include (report_bytes) where report_stored;
