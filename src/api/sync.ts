/**
 * `PUT /coverages-api`: forgets the branches that a repository no longer has.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Authorize } from "../auth/authenticate.ts";
import { withCommitStatus } from "../auth/grant.ts";
import type { Config } from "../config.ts";
import { bodyStream, Deadline } from "../http/body.ts";
import { HttpError } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import { Semaphore } from "../http/semaphore.ts";
import type { Log } from "../log.ts";
import { removeReports } from "../reports/remove.ts";
import type { ReportStore } from "../reports/store.ts";
import { traced } from "../telemetry/spans.ts";
import {
  branchName,
  commitHash,
  githubApiUrl,
  orgName,
  parseFields,
  repoName,
} from "../model/fields.ts";
import { deleteOtherBranches, identify } from "../db/coverages.ts";
import type { RepositoryName } from "../model/rows.ts";

/** Enough for 20,000 branches of usual names; who may send them is only known when they are read. */
const MAX_BODY_BYTES = 1024 * 1024;
const BODY_SECONDS = 60;
/** Bodies that are read at a time; the others wait. */
const AT_ONCE = 4;
const MAX_BRANCHES = 20_000;

/** What the credential is checked for; the branches are looked at when it was found good. */
const subjectFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  github_api_url: githubApiUrl.optional(),
  commit_hash: commitHash.optional(),
});
const branchFields = z.object({
  active_branches: z.custom<string[]>().superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }).meta({
    type: "array",
    items: { type: "string" },
    minItems: 1,
    maxItems: MAX_BRANCHES,
    description: "The names of the branches that there still are; every other is marked deleted.",
    examples: [["develop", "main"]],
  }),
});

/**
 * The body.
 *
 * @internal
 */
export const syncFields = z.object({ ...subjectFields.shape, ...branchFields.shape });

/**
 * The answer.
 *
 * @internal
 */
export const syncAnswer = z.object({ success: z.literal("1") });

/** What is wrong with a list of branches; one bad name is enough to know, and the last looked at. */
function problemOf(branches: unknown): string | undefined {
  if (!Array.isArray(branches)) return "must be a list of branch names";
  // A tool that failed to list the branches must not take every report with it.
  if (branches.length === 0) return "must name at least one branch";
  if (branches.length > MAX_BRANCHES) return `must name at most ${MAX_BRANCHES} branches`;
  const areNames = branches.every((name) => branchName.safeParse(name).success);
  return areNames
    ? undefined
    : "must be names that git check-ref-format takes, of at most 255 bytes";
}

/** What the handler needs. */
export interface SyncDependencies {
  /** Which branch stands for a repository, and which reports are kept. */
  readonly config: Pick<Config, "defaultBranches" | "retention">;
  /** The database. */
  readonly sql: Sql;
  /** The reports on disk. */
  readonly store: ReportStore;
  /** Who may sync. */
  readonly authorize: Authorize;
  /** The log. */
  readonly log: Log;
}

/** Makes the handler. */
export function createSyncHandler(
  { config, sql, store, authorize, log }: SyncDependencies,
): Handler {
  const semaphore = new Semaphore(AT_ONCE, "lists of branches");
  return async (request, context) => {
    const credential = await traced("authorize", () => authorize(request, context));
    const body = await read(request);
    const subject = parseFields(subjectFields, body);
    const grant = await traced("authorize", () =>
      credential.grant({
        ...subject,
        context: "coverage/branches",
        beginning: "The list of branches is on its way.",
      }));
    const count = await withCommitStatus(grant, async () => {
      const { active_branches } = parseFields(branchFields, body);
      const isKnown = await sync({ ...subject, active_branches }, grant.identity);
      return isKnown ? active_branches.length : undefined;
    }, (count) => ({
      description: count === undefined
        ? "Nothing was uploaded yet, so there is nothing to forget."
        : `Active branches: ${count}`,
    }));
    if (count !== undefined) {
      return Response.json({ success: "1" } satisfies z.infer<typeof syncAnswer>);
    }
    throw new HttpError(
      404,
      `Nothing was ever uploaded for ${subject.org_name}/${subject.repo_name}.`,
    );
  };

  async function read(request: Request): Promise<unknown> {
    using _slot = await semaphore.acquire();
    return await readJson(request);
  }

  /** Forgets branches; false for a repository that was never uploaded. */
  async function sync(
    fields: RepositoryName & { active_branches: string[] },
    identity: string | undefined,
  ): Promise<boolean> {
    await identify(sql, fields, identity);
    const outcome = await deleteOtherBranches(sql, fields, config);
    if (!outcome) return false;
    await removeReports(store, outcome.expired, log);
    log.info("branches synced", {
      repository: `${fields.org_name}/${fields.repo_name}`,
      active_branches: fields.active_branches.length,
      deleted: outcome.deleted,
      removed_reports: outcome.expired.length,
    });
    return true;
  }
}

async function readJson(request: Request): Promise<unknown> {
  using deadline = new Deadline(BODY_SECONDS);
  const text = await new Response(bodyStream(request, MAX_BODY_BYTES, deadline.signal)).text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, "The body is not JSON.", { cause: error });
  }
}
