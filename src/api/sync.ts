/** `PUT /coverages-api`: marks the branches as deleted that a repository no longer has. */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Authenticate } from "../auth/authenticate.ts";
import { withCommitStatus } from "../auth/credential.ts";
import type { Config } from "../config.ts";
import { readFields } from "../http/form.ts";
import { HttpError } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import type { Log } from "../log.ts";
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
import { deleteOtherBranches } from "../db/coverages.ts";
import { checkIdentity } from "../db/repositories.ts";

/** Enough for 20,000 branches of usual names. A GitHub token is only checked after it was read. */
const MAX_BODY_BYTES = 1024 * 1024;
const BODY_SECONDS = 60;
/**
 * Bodies read at a time. Their clients may have proved nothing yet, so none of them waits: the one
 * that has been read longest gives way to a new one.
 */
const AT_ONCE = 64;
const MAX_BRANCHES = 20_000;

/** What the credential is checked for; the branches are parsed after that. */
const targetFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  github_api_url: githubApiUrl.optional(),
  commit_hash: commitHash.optional(),
  active_branches: z.custom<unknown>((branches) => branches !== undefined),
});
const branchFields = z.object({
  active_branches: z.custom<string[]>().superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }).transform((names) => names.filter(isBranch)),
});

const isBranch = (name: string) => branchName.safeParse(localName(name)).success;

/** What is wrong with a list of branches. */
function problemOf(names: unknown): string | undefined {
  if (!Array.isArray(names)) return "must be a list of branch names";
  if (names.length > MAX_BRANCHES) return `must name at most ${MAX_BRANCHES} branches`;
  // A branch may be called 7.
  if (!names.every((name) => typeof name === "string")) return "must be a list of texts";
  // A tool that failed to list the branches must not delete every report.
  return names.some(isBranch) ? undefined : "must name at least one branch";
}

/** Without the remote, as `git branch --remotes` and `git for-each-ref` name a branch. */
function localName(branch: string): string {
  return branch.replace(/^(refs\/remotes\/)?origin\/|^refs\/heads\//, "");
}

export function createSyncHandler(
  { config, sql, store, authenticate, log }: {
    config: Pick<Config, "defaultBranches" | "retention">;
    sql: Sql;
    store: ReportStore;
    authenticate: Authenticate;
    log: Log;
  },
): Handler {
  const reading = new Set<AbortController>();
  return async (request, context) => {
    const credential = await traced("authenticate", () => authenticate(request, context));
    if (context.url.searchParams.has("coverage_xml_file_name")) {
      throw new HttpError(
        400,
        "PUT takes a list of branches; an upload is a POST: curl -X POST -T report.tar.gz …",
      );
    }
    const body = await read(request);
    const target = parseFields(targetFields, body);
    const grant = await traced(
      "authorize",
      () =>
        credential.authorize(target, {
          context: "coverage/branches",
          description: "The list of branches is being processed.",
        }),
    );
    const repository = `${target.org_name}/${target.repo_name}`;
    // Without uploads there is nothing to forget: 404 for the client, no error on the commit.
    const noUploads = `No uploads for ${repository} yet.`;
    const count = await withCommitStatus(grant, context.requestId, async () => {
      // What is no branch is left out, such as `HEAD` and `->` of "origin/HEAD -> origin/main".
      const { active_branches: given } = parseFields(branchFields, body);
      const branches = new Set(given.map(localName));
      // A branch may be called origin/main; its name counts as well.
      const active_branches = [...branches.union(new Set(given))];
      await checkIdentity(sql, target, grant.identity);
      const outcome = await deleteOtherBranches(sql, { ...target, active_branches }, config);
      if (!outcome) return undefined;
      store.removeLater(outcome.expired, log);
      log.info("branches synced", {
        repository,
        active_branches: branches.size,
        deleted: outcome.deleted,
        removed_reports: outcome.expired.length,
      });
      return branches.size;
    }, (count) => ({
      state: "success",
      description: count === undefined ? noUploads : `Active branches: ${count}`,
    }));
    if (count === undefined) throw new HttpError(404, noUploads);
    return Response.json({ success: "1" });
  };

  async function read(request: Request): Promise<unknown> {
    const [longest] = reading;
    if (longest && reading.size >= AT_ONCE) {
      reading.delete(longest);
      longest.abort(
        new HttpError(429, `Too many branch lists: ${AT_ONCE} running. Retry later.`, {
          headers: { "retry-after": "10" },
        }),
      );
    }
    const gaveWay = new AbortController();
    reading.add(gaveWay);
    const limits = { maxBytes: MAX_BODY_BYTES, seconds: BODY_SECONDS, signal: gaveWay.signal };
    try {
      return await readFields(request, limits, ["active_branches"]);
    } finally {
      reading.delete(gaveWay);
    }
  }
}
