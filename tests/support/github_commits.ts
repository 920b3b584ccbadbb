// What GitHub says of commits, from a real git repository.
import { type Call, notAccessible, refusal } from "./github.ts";

/** Where every two commits part in a repository without git. */
const FIRST = "c".repeat(40);
/** Files that a comparison lists at most. */
const MAX_FILES = 300;

export async function compareCommits(
  { repository, may, user, part, request }: Call,
): Promise<Response> {
  if (!may.contents) return notAccessible(user);
  const { git: folder } = repository;
  if (folder === undefined) {
    return request.headers.accept === "application/vnd.github.diff"
      ? new Response("")
      : Response.json({
        status: "ahead",
        behind_by: 0,
        merge_base_commit: { sha: FIRST },
        files: [],
      });
  }
  const [base = "", head = ""] = decodeURIComponent(part).split("...");
  const merge_base = await gitOutput(folder, "merge-base", base, head);
  if (merge_base === undefined) return refusal(404, "Not Found");
  const sha = merge_base.trim();
  const git = async (...args: string[]) => (await gitOutput(folder, ...args))!;
  const names = (await git("diff", "--name-only", "-z", sha, head)).split("\0").slice(0, -1);
  if (request.headers.accept === "application/vnd.github.diff") {
    return names.length > MAX_FILES
      ? refusal(406, "Sorry, the diff exceeded the maximum number of files (300).")
      : new Response(await git("diff", sha, head));
  }
  const [behind_by, ahead_by] =
    (await git("rev-list", "--left-right", "--count", `${base}...${head}`))
      .trim().split("\t").map(Number) as [number, number];
  return Response.json({
    status: behind_by === 0
      ? ahead_by === 0 ? "identical" : "ahead"
      : ahead_by === 0
      ? "behind"
      : "diverged",
    ahead_by,
    behind_by,
    merge_base_commit: { sha },
    files: names.slice(0, MAX_FILES).map((filename) => ({ filename })),
  });
}

export async function readCommit({ repository, may, user, part }: Call): Promise<Response> {
  if (!may.contents) return notAccessible(user);
  if (repository.git === undefined) {
    return Response.json({ sha: part, committer: { date: "2026-01-31T12:00:00Z" } });
  }
  const date = await gitOutput(repository.git, "show", "--no-patch", "--format=%cI", part);
  if (date === undefined) return refusal(404, "Not Found");
  return Response.json({ sha: part, committer: { date: date.trim() } });
}

async function gitOutput(
  folder: string,
  ...args: string[]
): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("git", { args, cwd: folder }).output();
  return success ? new TextDecoder().decode(stdout) : undefined;
}
