/** `POST /coverages-api`: an archive in, the repository's coverage out. */
import type { Sql } from "postgres";
import { extract, type ExtractedReport } from "../archive/extract.ts";
import type { Authenticate } from "../auth/authenticate.ts";
import { withCommitStatus } from "../auth/credential.ts";
import type { Config } from "../config.ts";
import { addCoverage, type Added, partsOfCommit, UnknownOutcomeError } from "../db/add_coverage.ts";
import { checkIdentity } from "../db/repositories.ts";
import { unavailable } from "../errors.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import { Deadline, readBody } from "../http/body.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import { archiveBodyKind, filePart, readForm } from "../http/form.ts";
import type { Handler } from "../http/router.ts";
import { Semaphore } from "../http/semaphore.ts";
import type { Log } from "../log.ts";
import { toAnswer } from "../model/coverage_answer.ts";
import { badgePath, uploadPath } from "../model/urls.ts";
import {
  completeUploadFields,
  parseUploadQuery,
  type UploadFields,
} from "../model/upload_fields.ts";
import { linesOf } from "../reports/file_lines.ts";
import type { ReportStore } from "../reports/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { traced } from "../telemetry/spans.ts";
import { checksOf, comparisonOf, counted, finalStatus, pendingStatus } from "./upload_outcome.ts";
import { CoverageFileReader, readPatch, uniteParts } from "./coverage_files.ts";

interface UploadDependencies {
  readonly config: Pick<
    Config,
    "limits" | "publicUrl" | "login" | "statusContext" | "defaultBranches" | "retention"
  >;
  readonly sql: Sql;
  readonly store: ReportStore;
  readonly readCoverage: ReadCoverage;
  readonly authenticate: Authenticate;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Makes the handler; its slots are shared by all requests. */
export function createUploadHandler(dependencies: UploadDependencies): Handler {
  const { config, sql, authenticate } = dependencies;
  const { limits, login } = config;
  const bodyLimits = { maxBytes: limits.maxUploadBytes, seconds: limits.uploadSeconds };
  // The body has its part of it, and extracting and reading what is in it the rest.
  const workSeconds = 2 * limits.uploadSeconds;
  const tooLate = () => unavailable(`The upload was not done within ${workSeconds} seconds.`);
  const slots = new Semaphore(limits.uploadConcurrency, "uploads");

  const handler: Handler = async (request, context) => {
    const credential = await traced("authenticate", () => authenticate(request, context));
    const kind = archiveBodyKind(request, limits.maxUploadBytes);
    const query = parseUploadQuery(context.url.searchParams, kind);
    const grant = await traced(
      "authorize",
      () => credential.authorize(query, pendingStatus(query, config)),
    );
    const origin = config.publicUrl ?? context.url.origin;
    const { report, added, fields, checks } = await withCommitStatus(
      grant,
      context.requestId,
      async () => {
        await checkIdentity(sql, query, grant.identity);
        const repository = `${query.org_name}/${query.repo_name}`.toLowerCase();
        using _slot = await slots.acquire(request.signal, repository);
        using deadline = new Deadline(workSeconds, tooLate);
        const startedAt = performance.now();
        const form = kind === "form" ? await readForm(request, bodyLimits) : undefined;
        const fields = completeUploadFields(query, form);
        const { signal } = deadline;
        const archive = () =>
          form ? filePart(form, signal) : readBody(request, { ...bodyLimits, signal });
        const stored = await store(
          {
            ...dependencies,
            readCoverage: (bytes) => deadline.race(dependencies.readCoverage(bytes)),
          },
          { ...fields, identity: grant.identity },
          archive,
        );
        record(dependencies, stored, performance.now() - startedAt);
        return { ...stored, fields, checks: checksOf(fields, stored.added) };
      },
      ({ added, checks }) => ({
        ...finalStatus(added, checks),
        url: `${origin}${uploadPath(added.row)}`,
      }),
    );
    const { row, active, parts } = added;
    return Response.json({
      coverage: toAnswer(row, origin),
      data: active.map((other) => toAnswer(other, origin)),
      // Without a login it is an address that anybody can write down.
      ...(login ? { badge_url: `${origin}${badgePath(row, login.secrets)}` } : {}),
      ...(parts === undefined ? {} : { parts }),
      ...(report.warnings.length > 0 ? { warnings: report.warnings } : {}),
      ...comparisonOf(fields, { ...added, checks }, origin),
    });
  };
  return counted(handler, dependencies);
}

interface Stored {
  readonly report: ExtractedReport;
  readonly added: Added;
}

/**
 * Stores an upload completely, or leaves everything as it was: staging, one rename, the row. The
 * body is opened once there is a place for it, because its deadline runs from then on.
 */
async function store(
  { config, sql, store, readCoverage, log }: UploadDependencies,
  upload: UploadFields & { readonly identity: string | undefined },
  archive: () => ByteStream,
): Promise<Stored> {
  const staged = await store.stage();
  try {
    await using coverageFiles = new CoverageFileReader(staged, readCoverage);
    const report = await traced(
      "extract",
      () =>
        extract(() => staged.archived(archive()), staged, {
          names: upload.coverage_xml_file_name,
          diffName: upload.diff_file_name,
          onCoverageFile: (path) => coverageFiles.begin(path),
          limits: config.limits,
        }),
    );
    const coverage = await traced(
      "parse",
      () => coverageFiles.read(report.coverageFiles),
    );
    const { diff } = report;
    const patch = await traced("patch", () => readPatch(diff, staged.readFile, coverage));
    if (coverage.lines) await staged.writeLines(coverage.lines);
    if (store.bucket && upload.part !== undefined) {
      // Other servers may have taken these, and a transaction has no time to fetch them.
      for (const part of await partsOfCommit(sql, upload)) {
        await linesOf(part, { store, readCoverage });
      }
    }
    await staged.publish(report);
    const added = await addCoverage(sql, {
      ...upload,
      coverage: coverage.total,
      patch,
      diffFile: diff && "path" in diff ? diff.path : undefined,
      sourceRoots: coverage.sourceRoots,
      coverageFiles: report.coverageFiles,
      reportId: staged.id,
      reportIndex: report.index,
      size: report,
      unite: (parts) => uniteParts(parts, { reportId: staged.id, store, readCoverage, own: patch }),
    }, config);
    return { report, added };
  } catch (error) {
    // With the outcome unknown a row may point at the folder; the sweeper decides later.
    if (!(error instanceof UnknownOutcomeError)) {
      await staged.discard().catch((failure) => {
        log.warn("a failed upload is left to the sweeper", { report: staged.id, error: failure });
      });
    }
    throw error;
  }
}

/** What follows a stored upload, and no client waits for. */
function record(
  { store, log, metrics }: UploadDependencies,
  { report: { files, bytes, links }, added: { row, expired } }: Stored,
  durationMs: number,
): void {
  store.removeLater(expired, log);
  metrics.stored({ files, bytes, seconds: durationMs / 1000 });
  log.info("upload stored", {
    repository: `${row.org_name}/${row.repo_name}`,
    branch: row.branch_name,
    language: row.language,
    percentage: row.percentage,
    files,
    size_bytes: bytes,
    ...(links > 0 ? { skipped_links: links } : {}),
    duration_ms: Math.round(durationMs),
  });
}
