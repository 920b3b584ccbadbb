/**
 * `PUT /coverages-api`: forgets the branches that a repository no longer has.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Authorize } from "../auth/authorize.ts";
import type { Config } from "../config.ts";
import { bodyStream, Deadline } from "../http/body.ts";
import { HttpError } from "../http/errors.ts";
import type { Handler } from "../http/router.ts";
import type { Log } from "../log.ts";
import { removeReports } from "../reports/remove.ts";
import type { ReportStore } from "../reports/store.ts";
import { branchName, commitHash, githubApiUrl, orgName, parseFields, repoName } from "./names.ts";
import { deleteOtherBranches, identify } from "./queries.ts";

/** Enough for 15,000 branches of the longest names. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const BODY_SECONDS = 60;

const syncFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  github_api_url: githubApiUrl.optional(),
  commit_hash: commitHash.optional(),
  // A tool that failed to list the branches must not take every report with it.
  active_branches: z.array(branchName, "must be a list of branch names")
    .min(1, "must name at least one branch"),
});

/** What the handler needs. */
export interface SyncDependencies {
  /** Which branch stands for a repository. */
  readonly config: Pick<Config, "defaultBranches">;
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
  return async (request, context) => {
    const credential = await authorize(request, context);
    const fields = parseFields(syncFields, await readJson(request));
    const permit = await credential.permit({ ...subjectOf(fields), context: "coverage/branches" });
    try {
      await sync(fields, permit.identity);
    } catch (error) {
      const description = error instanceof HttpError ? error.message : "The server failed.";
      await permit.conclude({ state: "error", description });
      throw error;
    }
    const description = `${fields.active_branches.length} active branches`;
    await permit.conclude({ state: "success", description, url: undefined });
    return Response.json({ success: "1" });
  };

  async function sync(fields: z.infer<typeof syncFields>, identity: string | undefined) {
    await identify(sql, fields, identity);
    const deleted = await deleteOtherBranches(sql, fields, config.defaultBranches);
    if (!deleted) {
      throw new HttpError(
        404,
        `Nothing was ever uploaded for ${fields.org_name}/${fields.repo_name}.`,
      );
    }
    await removeReports(store, deleted, log);
    log.info("branches synced", {
      repository: `${fields.org_name}/${fields.repo_name}`,
      active_branches: fields.active_branches.length,
      deleted_reports: deleted.length,
    });
  }
}

/** What the credential is checked for. */
function subjectOf(
  { org_name, repo_name, commit_hash, github_api_url }: z.infer<typeof syncFields>,
) {
  return { org_name, repo_name, commit_hash, github_api_url };
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
