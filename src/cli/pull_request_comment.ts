/**
 * The one comment of a pull request on GitLab, Bitbucket or Azure; on GitHub the Action writes it.
 */
import { requestJson } from "./upload_request.ts";

type Variables = Readonly<Record<string, string | undefined>>;
// deno-lint-ignore no-explicit-any -- what these systems answer
type Answer = any;

/** How a code host stores the comments of a pull request. */
interface CommentHost {
  /** Where comments are added. */
  readonly address: string;
  /** Where a page of {@linkcode PAGE} is listed, oldest first; undefined behind the last one. */
  readonly list: (page: number) => string | undefined;
  readonly read: (answer: Answer) => readonly Comment[];
  /** The bodies of requests. */
  readonly added: (text: string) => object;
  readonly changed: (text: string) => object;
  readonly changeMethod: "PUT" | "PATCH";
  readonly formatted?: (text: string) => string;
}

interface Comment {
  readonly address: string;
  readonly text: string;
}

const PAGE = 100;

/** Undefined where the job runs for no pull request, or on another system. */
export function commentHostOf(env: Variables): CommentHost | undefined {
  if (env.CI_MERGE_REQUEST_IID) return gitlab(env);
  if (env.BITBUCKET_PR_ID) return bitbucket(env);
  const isAzure = env.SYSTEM_PULLREQUEST_PULLREQUESTID &&
    env.BUILD_REPOSITORY_PROVIDER === "TfsGit";
  return isAzure ? azure(env) : undefined;
}

function gitlab(env: Variables): CommentHost {
  const { CI_API_V4_URL: api, CI_MERGE_REQUEST_PROJECT_ID: project } = env;
  const address = `${api}/projects/${project}/merge_requests/${env.CI_MERGE_REQUEST_IID}/notes`;
  const bodyOf = (body: string) => ({ body });
  return {
    address,
    list: (page) => `${address}?per_page=${PAGE}&page=${page}&order_by=created_at&sort=asc`,
    read: (notes) =>
      notes.map(({ id, body }: Answer) => ({ address: `${address}/${id}`, text: body })),
    added: bodyOf,
    changed: bodyOf,
    changeMethod: "PUT",
  };
}

function bitbucket(env: Variables): CommentHost {
  const { BITBUCKET_WORKSPACE: workspace, BITBUCKET_REPO_SLUG: repo, BITBUCKET_PR_ID: id } = env;
  const api = env.BITBUCKET_API_URL ?? "https://api.bitbucket.org/2.0";
  const address = `${api}/repositories/${workspace}/${repo}/pullrequests/${id}/comments`;
  const bodyOf = (raw: string) => ({ content: { raw } });
  return {
    address,
    list: (page) => `${address}?pagelen=${PAGE}&page=${page}&sort=created_on`,
    read: ({ values }) =>
      values.map(({ id, content, deleted }: Answer) => ({
        address: `${address}/${id}`,
        text: deleted ? "" : content.raw,
      })),
    added: bodyOf,
    changed: bodyOf,
    changeMethod: "PUT",
    formatted: withoutHtml,
  };
}

function azure(env: Variables): CommentHost {
  const address = `${env.SYSTEM_COLLECTIONURI}${env.SYSTEM_TEAMPROJECTID}/_apis/git/repositories/` +
    `${env.BUILD_REPOSITORY_ID}/pullRequests/${env.SYSTEM_PULLREQUEST_PULLREQUESTID}/threads`;
  const version = "api-version=7.1";
  return {
    address: `${address}?${version}`,
    list: (page) => page === 1 ? `${address}?${version}` : undefined, // all at once
    read: ({ value }) =>
      value.map(({ id, comments }: Answer) => ({
        address: `${address}/${id}/comments/${comments[0]?.id}?${version}`,
        text: comments[0]?.content ?? "", // a deleted one has none
      })),
    // An open thread may keep the pull request from being completed.
    added: (content) => ({
      comments: [{ parentCommentId: 0, content, commentType: "text" }],
      status: "closed",
    }),
    changed: (content) => ({ content }),
    changeMethod: "PATCH",
  };
}

/**
 * Updates the oldest comment that begins like this one, or adds one. Two jobs that add one at once both
 * list again and leave the same one.
 */
export async function writeComment(host: CommentHost, token: string, text: string): Promise<void> {
  const body = host.formatted?.(text) ?? text;
  const marker = body.split("\n")[0]!;
  const send = (method: string, address: string, value: object | undefined) =>
    requestJson(address, {
      method,
      token,
      headers: { "content-type": "application/json" },
      ...(value ? { body: () => JSON.stringify(value) } : {}),
    });
  const own = async () => {
    const found: Comment[] = [];
    for (let page = 1;; page++) {
      const address = host.list(page);
      if (address === undefined) return found;
      const comments = host.read(await requestJson(address, { token }));
      found.push(...comments.filter((comment) => comment.text.startsWith(marker)));
      if (comments.length < PAGE) return found;
    }
  };
  let comments = await own();
  if (comments.length === 0) {
    await send("POST", host.address, host.added(body));
    comments = await own();
  }
  const [oldest, ...others] = comments;
  if (oldest && oldest.text !== body) {
    await send(host.changeMethod, oldest.address, host.changed(body));
  }
  for (const other of others) await send("DELETE", other.address, undefined);
}

/** For Bitbucket, which shows HTML as text. */
function withoutHtml(text: string): string {
  return text
    .replace(/^<!-- (.+) -->/, "[//]: # ($1)")
    .replaceAll("<br>", " ")
    .replaceAll(/<details>\n<summary>(.*)<\/summary>/g, "**$1**")
    .replaceAll(/<\/?(details|sub)>/g, "")
    .replaceAll(/\]\(<(.*?)>\)/g, (_, url: string) => `](${url.replaceAll(")", "%29")})`)
    .replaceAll(/<code>(.*?)<\/code>/g, (_, name: string) => `\`${decoded(name)}\``);
}

/** The name for a code span, which has no escapes of its own. */
function decoded(name: string): string {
  return name.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll(/[`|]/g, "'");
}
