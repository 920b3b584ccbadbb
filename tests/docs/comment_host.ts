// Stands in for the comments of a pull request on GitLab, Bitbucket and Azure.
import assert from "node:assert/strict";
import { serve } from "../support/serve.ts";

const BASES = {
  gitlab: "/api/v4/projects/42/merge_requests/7/notes",
  bitbucket: "/2.0/repositories/acme/shop/pullrequests/7/comments",
  azure: "/acme/42/_apis/git/repositories/43/pullRequests/7/threads",
};

export interface CommentHost extends AsyncDisposable {
  readonly address: string;
  /** The token that may write. */
  readonly token: string;
  /** By number, in the order in which they were written. */
  readonly comments: Map<number, string>;
}

export function startCommentHost(): CommentHost {
  const token = "comment-token";
  const comments = new Map<number, string>();
  const server = serve(
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const [kind, base] = Object.entries(BASES).find(([, base]) => pathname.startsWith(base)) ??
        [];
      if (base === undefined) return new Response(null, { status: 404 });
      if (request.headers.get("authorization") !== `Bearer ${token}`) {
        await request.body?.cancel();
        return Response.json({ message: "403 Forbidden" }, { status: 403 });
      }
      if (kind === "azure") assert.equal(searchParams.get("api-version"), "7.1");
      const id = Number(/^\/(\d+)(\/comments\/1)?$/.exec(pathname.slice(base.length))?.[1]);
      if (request.method === "DELETE") {
        comments.delete(id);
        return new Response(null, { status: 204 });
      }
      if (request.method === "GET") return Response.json(listed(kind!, comments));
      const body = await request.json();
      const text = body.body ?? body.content?.raw ?? body.comments?.[0].content ?? body.content;
      const isNew = request.method === "POST";
      assert.equal(isNew, Number.isNaN(id), pathname);
      if (!isNew) assert.equal(request.method, kind === "azure" ? "PATCH" : "PUT");
      comments.set(isNew ? Math.max(0, ...comments.keys()) + 1 : id, text);
      return Response.json({}, { status: isNew ? 201 : 200 });
    },
  );
  return {
    ...server,
    token,
    comments,
  };
}

function listed(kind: string, comments: Map<number, string>): unknown {
  const all = [...comments];
  if (kind === "gitlab") return all.map(([id, body]) => ({ id, body }));
  if (kind === "bitbucket") {
    return { values: all.map(([id, raw]) => ({ id, content: { raw }, deleted: false })) };
  }
  return { value: all.map(([id, content]) => ({ id, comments: [{ id: 1, content }] })) };
}
