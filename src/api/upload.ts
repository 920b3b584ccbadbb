/**
 * `POST /coverages-api`: an archive in, the repository's coverage out.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Authorize } from "../auth/authenticate.ts";
import { withCommitStatus } from "../auth/grant.ts";
import type { Config } from "../config.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import { parseFields } from "../model/fields.ts";
import { addCoverage, type Added, identify, UnknownOutcomeError } from "../db/coverages.ts";
import { bodyStream, Deadline } from "../http/body.ts";
import type { Handler } from "../http/router.ts";
import { Semaphore } from "../http/semaphore.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import type { Log } from "../log.ts";
import { removeReports } from "../reports/remove.ts";
import type { ReportStore } from "../reports/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { traced } from "../telemetry/spans.ts";
import { readArchive } from "../archive/read_archive.ts";
import { checkBody, filePart, readForm } from "../http/archive_body.ts";
import { subjectOf, summaryOf } from "./commit_status.ts";
import {
  formFields,
  givenUploadFields,
  isComplete,
  queryFields,
  type UploadFields,
  uploadFields,
} from "../model/upload_fields.ts";
import { counted } from "./upload_outcome.ts";
import { unpack } from "../archive/extract.ts";
import { coverageAnswer, toAnswer } from "../model/coverage.ts";

/**
 * The answer.
 *
 * @internal
 */
export const uploadAnswer = z.object({
  coverage: coverageAnswer,
  data: z.array(coverageAnswer).meta({
    description: "Every active branch and language of the repository, this one included.",
  }),
});

/** What the handler needs. */
export interface UploadDependencies {
  /** Its limits, the address of links, which branch stands for a repository, what is kept. */
  readonly config: Pick<Config, "limits" | "publicUrl" | "defaultBranches" | "retention">;
  /** The database. */
  readonly sql: Sql;
  /** The reports on disk. */
  readonly store: ReportStore;
  /** How coverage files are read. */
  readonly readCoverage: ReadCoverage;
  /** Who may upload. */
  readonly authorize: Authorize;
  /** The log. */
  readonly log: Log;
  /** What is counted and measured. */
  readonly metrics: Metrics;
}

/** Makes the handler; its places are shared by all requests it answers. */
export function createUploadHandler(dependencies: UploadDependencies): Handler {
  const { config, sql, authorize } = dependencies;
  const { limits } = config;
  const semaphore = new Semaphore(limits.uploadConcurrency, "uploads");

  const handler: Handler = async (request, context) => {
    const credential = await traced("authorize", () => authorize(request, context));
    const fromQuery = queryFields(context.url.searchParams);
    const kind = checkBody(request, limits.maxUploadBytes);
    // What the query says is checked before the body is read; only a form can still add to it.
    const mayGrow = kind === "multipart" && !isComplete(fromQuery);
    parseFields(mayGrow ? givenUploadFields : uploadFields, fromQuery);
    const grant = await traced("authorize", () => credential.grant(subjectOf(fromQuery)));

    const receive = async () => {
      const { org_name = "", repo_name = "" } = fromQuery;
      await identify(sql, { org_name, repo_name }, grant.identity);
      using _slot = await semaphore.acquire();
      const startedAt = performance.now();
      using deadline = new Deadline(limits.uploadSeconds);
      let archive: ByteStream;
      let fields = fromQuery;
      if (kind === "multipart") {
        const form = await readForm(request, limits.maxUploadBytes, deadline.signal);
        fields = { ...formFields(form), ...fromQuery };
        archive = filePart(form);
      } else {
        archive = bodyStream(request, limits.maxUploadBytes, deadline.signal);
      }
      const upload = parseFields(uploadFields, fields);
      return await store(
        dependencies,
        { ...upload, identity: grant.identity },
        archive,
        startedAt,
      );
    };
    const origin = config.publicUrl ?? context.url.origin;
    const { row, active } = await withCommitStatus(grant, receive, ({ row, active, before }) => ({
      description: summaryOf(row, { active, before, defaultBranches: config.defaultBranches }),
      url: toAnswer(row, origin).report_url,
    }));
    return Response.json(
      {
        coverage: toAnswer(row, origin),
        data: active.map((other) => toAnswer(other, origin)),
      } satisfies z.infer<typeof uploadAnswer>,
    );
  };
  return counted(handler, dependencies.metrics);
}

/** The fields, and who the repository is to whoever vouches for it. */
type IdentifiedFields = UploadFields & { identity: string | undefined };

/** Stores an upload wholly or not at all; `startedAt` is when its body began to be read. */
async function store(
  dependencies: UploadDependencies,
  upload: IdentifiedFields,
  archive: ByteStream,
  startedAt: number,
): Promise<Added> {
  const { report, added } = await unpackAndAdd(dependencies, upload, archive);
  const { row, expired } = added;
  const { log, metrics } = dependencies;
  await removeReports(dependencies.store, expired, log);
  const repository = `${row.org_name}/${row.repo_name}`;
  if (report.skippedLinks > 0) {
    log.warn("symbolic links were left out", { repository, links: report.skippedLinks });
  }
  const seconds = (performance.now() - startedAt) / 1000;
  metrics.stored({ files: report.files, bytes: report.bytes, seconds });
  log.info("upload stored", {
    repository,
    branch: row.branch_name,
    language: row.language,
    percentage: row.percentage,
    files: report.files,
    size_bytes: report.bytes,
    duration_ms: Math.round(seconds * 1000),
  });
  return added;
}

/** The part of it that is undone when any of it fails: staging, publishing, the row. */
async function unpackAndAdd(
  { config, sql, store, readCoverage, log }: UploadDependencies,
  upload: IdentifiedFields,
  archive: ByteStream,
) {
  const staged = await store.stage();
  try {
    const report = await traced(
      "unpack",
      () =>
        unpack(readArchive(archive, config.limits), staged, {
          fileName: upload.coverage_xml_file_name,
          read: (content) => traced("parse", () => readCoverage(content)),
        }),
    );
    await staged.publish();
    const added = await addCoverage(sql, {
      ...upload,
      coverage: report.coverage,
      reportId: staged.id,
      reportIndex: report.index,
      weight: report,
    }, config);
    return { report, added };
  } catch (error) {
    // With the outcome unknown a row may point at the folder; the sweeper finds out and decides.
    if (!(error instanceof UnknownOutcomeError)) {
      await staged.discard().catch((failure) => {
        log.warn("a failed upload is left for the sweeper", { report: staged.id, error: failure });
      });
    }
    throw error;
  }
}
