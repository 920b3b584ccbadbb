/** Adds the row of an upload. */
import type { Sql, TransactionSql } from "postgres";
import { isDatabaseAway } from "../errors.ts";
import type { Coverage } from "../formats/coverage.ts";
import type { CoverageRow, PatchResult, ReportSize, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";
import { activeRows, type RowSettings } from "./coverages.ts";
import { checkIdentity, findOrAddRepository, named, summarise } from "./repositories.ts";
import { expireReports } from "./stored_reports.ts";
import { type FoundUpload, readUpload } from "./upload_query.ts";

export interface NewCoverage extends
  Pick<
    CoverageRow,
    "branch_name" | "commit_hash" | "commit_author" | "language" | keyof RepositoryName
  > {
  readonly commit_time?: Date | undefined;
  readonly base_branch?: string | undefined;
  readonly base_commit?: string | undefined;
  /** Of this upload alone. */
  readonly coverage: Coverage;
  /** Of this upload alone; those of parts are united. */
  readonly patch?: PatchResult | undefined;
  /** A diff, as a path in the report. */
  readonly diffFile?: string | undefined;
  readonly sourceRoots?: readonly string[] | undefined;
  readonly reportId: string;
  readonly reportIndex: string | null;
  readonly coverageFiles: readonly string[];
  readonly size: ReportSize;
  /** Who the repository is to the issuer of the credential; undefined where that knows only a name. */
  readonly identity: string | undefined;
  /** The name of a part of the commit's coverage. */
  readonly part?: string | undefined;
  /** Unites the coverage of the commit's parts, this one included, and stores its lines. */
  readonly unite: (parts: readonly PartCoverage[]) => Promise<UnitedParts>;
}

export interface PartCoverage {
  readonly part: string;
  readonly report_id: string;
  readonly coverage_files: readonly string[];
  readonly coverage: Coverage;
  readonly diff_file: string | null;
  readonly source_roots: readonly string[];
  readonly created_at: Date;
}

export interface UnitedParts extends PatchResult {
  readonly coverage: Coverage;
}

export interface Added extends Pick<FoundUpload, "base" | "base_reason" | keyof PatchResult> {
  readonly row: CoverageRow;
  /** The active rows of its repository, this one included unless a newer commit was uploaded before. */
  readonly active: CoverageRow[];
  readonly expired: string[];
  /** How many parts the row is made of; undefined where it has none. */
  readonly parts: number | undefined;
}

/** The connection broke while a transaction committed: its rows may exist or not. */
export class UnknownOutcomeError extends Error {
  override readonly name = "UnknownOutcomeError";
}

/** Rows of a branch that are searched for the commit of a part. */
const SEARCHED = 100;

/**
 * Adds an upload's row in one transaction: it supersedes the active row of its branch and language,
 * unless that is of a newer commit. A part updates the row of its commit instead. Throws 403 for
 * another repository of the same name, and {@linkcode UnknownOutcomeError} where the database went away
 * during the commit; after any other error, nothing was changed.
 */
export async function addCoverage(
  sql: Sql,
  upload: NewCoverage,
  settings: RowSettings,
  seconds?: number,
): Promise<Added> {
  let committing = false, settled = false, tooLate = false;
  const transaction = sql.begin(async (tx) => {
    const added = await insert(tx, upload, settings);
    // Its client got a 503, and its report may be gone, when it gets its turn this late.
    if (tooLate) throw new Error("The client no longer waits for this upload");
    committing = true;
    return added;
  });
  transaction.catch(() => {}).finally(() => settled = true);
  return await inTime(transaction, seconds).catch((error) => {
    tooLate = true;
    // Without an answer the transaction may still go on, and commit, when the database does.
    throw (committing || !settled) && isDatabaseAway(error)
      ? new UnknownOutcomeError("The database went away during a commit", { cause: error })
      : error;
  });
}

async function insert(
  tx: TransactionSql,
  upload: NewCoverage,
  { defaultBranches, retention }: RowSettings,
): Promise<Added> {
  const { branch_name, language } = upload;
  const repositoryId = await findOrAddRepository(tx, upload);
  // One upload of a branch and language at a time, also across servers.
  await tx`
    select pg_advisory_xact_lock(hashtextextended(${`${repositoryId}/${language}/${branch_name}`}, 0))`;
  const { id, parts, replaced = [] } = upload.part === undefined
    ? await addRow(tx, repositoryId, upload)
    : await addPart(tx, repositoryId, upload, upload.part);
  await checkIdentity(tx, upload, upload.identity);
  await summarise(tx, [repositoryId], defaultBranches);
  const expired = await expireReports(tx, retention, { repositoryId, branch_name, language });
  const active = await activeRows(tx, repositoryId);
  const found = await readUpload(tx, { ...upload, id });
  if (!found) throw new Error(`There is no row ${id}`);
  const { upload: row, base, base_reason, patch, patch_reason } = found;
  const compared = { base, base_reason, patch, patch_reason };
  return { row, active, ...compared, parts, expired: [...expired, ...replaced] };
}

interface AddedRow {
  readonly id: number;
  readonly parts?: number;
  /** Reports of parts that were uploaded again. */
  readonly replaced?: readonly string[];
}

async function addRow(
  tx: TransactionSql,
  repositoryId: string,
  upload: NewCoverage,
  { isLate = false, hasParts = false } = {},
): Promise<AddedRow> {
  const { branch_name, language, coverage, size, commit_time = null } = upload;
  const { patch, patch_reason } = upload.patch ?? { patch: null, patch_reason: null };
  const [newest] = await tx<{ id: number; is_newer: boolean | null }[]>`
    select id::float8 as id,
      deleted_at is null and commit_time > ${commit_time}::timestamptz as is_newer
    from coverages
    where repository_id = ${repositoryId} and branch_name = ${branch_name}
      and language = ${language} and newest`;
  const joinsHistory = newest !== undefined && (isLate || newest.is_newer === true);
  if (newest && !joinsHistory) {
    await tx`
      update coverages set newest = false,
        updated_at = case when deleted_at is null then clock_timestamp() else updated_at end,
        deleted_at = coalesce(deleted_at, clock_timestamp())
      where repository_id = ${repositoryId} and id = ${newest.id}`;
  }
  const [added] = await tx<{ id: number }[]>`
    insert into coverages (
      repository_id, branch_name, commit_hash, commit_author, commit_time, base_branch,
      base_commit, patch, patch_reason, patch_percentage, language, percentage, lines_covered, lines_valid, format, report_id, report_index, coverage_files, has_parts,
      report_bytes, report_files, newest, deleted_at
    ) values (
      ${repositoryId}, ${branch_name}, ${upload.commit_hash}, ${upload.commit_author},
      ${commit_time}, ${upload.base_branch ?? null}, ${upload.base_commit ?? null},
      ${patch && tx.json(patch)}, ${patch_reason}, ${patch?.percentage ?? null},
      ${language}, ${coverage.percentage}, ${coverage.linesCovered},
      ${coverage.linesValid}, ${coverage.format}, ${upload.reportId}, ${upload.reportIndex},
      ${tx.array([...upload.coverageFiles])}, ${hasParts}, ${size.bytes}, ${size.files},
      ${!joinsHistory}, ${joinsHistory ? tx`clock_timestamp()` : null}
    )
    returning id::float8 as id`;
  return added!;
}

/** Adds a part to the row of its commit, or the row with its first part. */
async function addPart(
  tx: TransactionSql,
  repositoryId: string,
  upload: NewCoverage,
  part: string,
): Promise<AddedRow> {
  const { branch_name, language, commit_hash, coverage, reportId, reportIndex, size } = upload;
  const coverageFiles = tx.array([...upload.coverageFiles]);
  const [commit] = await tx<{ id: number; report_stored: boolean }[]>`
    select id::float8 as id, report_stored from (
      select * from coverages
      where repository_id = ${repositoryId} and branch_name = ${branch_name}
        and language = ${language}
      order by id desc limit ${SEARCHED}
    ) recent
    where commit_hash = ${commit_hash} and has_parts order by id desc limit 1`;
  // The parts of a commit whose reports were removed cannot be united any more.
  const row = commit?.report_stored
    ? { id: commit.id }
    : await addRow(tx, repositoryId, upload, { isLate: commit !== undefined, hasParts: true });
  const replaced = await tx<{ report_id: string }[]>`
    delete from parts
    where repository_id = ${repositoryId} and coverage_id = ${row.id} and part = ${part}
    returning report_id`;
  await tx`
    insert into parts (
      report_id, repository_id, coverage_id, part, percentage, lines_covered, lines_valid, format,
      report_index, coverage_files, report_bytes, report_files, diff_file, source_roots
    ) values (
      ${reportId}, ${repositoryId}, ${row.id}, ${part}, ${coverage.percentage},
      ${coverage.linesCovered}, ${coverage.linesValid}, ${coverage.format}, ${reportIndex},
      ${coverageFiles}, ${size.bytes}, ${size.files}, ${upload.diffFile ?? null},
      ${tx.array([...upload.sourceRoots ?? []])}
    )`;
  const parts = await tx<(PartCoverage & ReportSize)[]>`
    select part, report_id, coverage_files, diff_file, source_roots, created_at,
      report_files as files, report_bytes::float8 as bytes,
      jsonb_build_object('percentage', percentage, 'linesCovered', lines_covered,
        'linesValid', lines_valid, 'format', format) as coverage
    from parts where repository_id = ${repositoryId} and coverage_id = ${row.id} order by part`;
  const { coverage: united, patch, patch_reason } = await upload.unite(parts);
  const sum = (of: keyof ReportSize) => parts.reduce((total, part) => total + part[of], 0);
  await tx`
    update coverages set percentage = ${united.percentage}, lines_covered = ${united.linesCovered},
      lines_valid = ${united.linesValid}, format = ${united.format}, report_id = ${reportId},
      patch = ${patch && tx.json(patch)}, patch_reason = ${patch_reason},
      patch_percentage = ${patch?.percentage ?? null},
      base_branch = coalesce(${upload.base_branch ?? null}, base_branch),
      base_commit = coalesce(${upload.base_commit ?? null}, base_commit),
      report_index = ${reportIndex}, coverage_files = ${coverageFiles},
      report_bytes = ${sum("bytes")}, report_files = ${sum("files")}, updated_at = clock_timestamp()
    where repository_id = ${repositoryId} and id = ${row.id}`;
  return { ...row, parts: parts.length, replaced: replaced.map(({ report_id }) => report_id) };
}

/** The parts of a commit's coverage that were uploaded so far. */
export async function partsOfCommit(
  sql: Sql,
  { branch_name, language, commit_hash, ...name }:
    & RepositoryName
    & Pick<CoverageRow, "branch_name" | "language" | "commit_hash">,
): Promise<{ report_id: string; coverage_files: string[] }[]> {
  return await inTime(sql<{ report_id: string; coverage_files: string[] }[]>`
    select p.report_id, p.coverage_files from repositories r
    cross join lateral (
      select * from coverages c
      where c.repository_id = r.id and c.branch_name = ${branch_name} and c.language = ${language}
      order by c.id desc limit ${SEARCHED}
    ) recent
    join parts p on p.repository_id = r.id and p.coverage_id = recent.id
    where ${named(sql, name)} and recent.commit_hash = ${commit_hash} and recent.report_stored`);
}
