import assert from "node:assert/strict";
import { readConfig } from "../../src/config.ts";
import { CodeHost } from "../../src/model/code_host.ts";

const row = { org_name: "acme", repo_name: "shop", branch_name: "fix/#1", commit_hash: "0a1b" };
const pull = { ...row, branch_name: "pull/7/head" };

function linksOf(url: string, kind?: string): string[] {
  const { codeHost } = readConfig({ GITHUB_URL: url, CODE_HOST: kind });
  const host = new CodeHost(codeHost);
  const links = [
    host.branch(row),
    host.branch(pull),
    host.commit(row),
    host.file(row, "src/a b.ts", "3-5"),
    host.file(row, "a.ts", "3"),
    host.file(row, "a.ts"),
    host.author("ada") ?? "",
  ];
  const start = `${host.repository(row)}/`;
  return [
    host.name,
    ...links.map((link) => link.startsWith(start) ? link.slice(start.length) : link),
  ];
}

Deno.test("links look as each code host has them", () => {
  const github = [
    "GitHub",
    "tree/fix/%231",
    "pull/7",
    "commit/0a1b",
    "blob/0a1b/src/a%20b.ts#L3-L5",
    "blob/0a1b/a.ts#L3",
    "blob/0a1b/a.ts",
  ];
  assert.deepEqual(linksOf("https://github.com"), [...github, "https://github.com/ada"]);
  assert.deepEqual(linksOf("https://git.acme.dev/"), [...github, "https://git.acme.dev/ada"]);
  assert.deepEqual(linksOf("https://gitlab.acme.dev"), [
    "GitLab",
    "-/tree/fix/%231",
    "-/merge_requests/7",
    "-/commit/0a1b",
    "-/blob/0a1b/src/a%20b.ts#L3-5",
    "-/blob/0a1b/a.ts#L3",
    "-/blob/0a1b/a.ts",
    "https://gitlab.acme.dev/ada",
  ]);
  const groups = new CodeHost({ kind: "gitlab", url: "https://gitlab.com" });
  const inGroups = { org_name: "acme--web", repo_name: "shop--x" };
  assert.equal(groups.repository(inGroups), "https://gitlab.com/acme/web/shop--x");
  assert.deepEqual(linksOf("https://bitbucket.org"), [
    "Bitbucket",
    "branch/fix/%231",
    "pull-requests/7",
    "commits/0a1b",
    "src/0a1b/src/a%20b.ts#lines-3:5",
    "src/0a1b/a.ts#lines-3",
    "src/0a1b/a.ts",
    "",
  ]);
  const gitea = [
    "src/branch/fix/%231",
    "pulls/7",
    "commit/0a1b",
    "src/commit/0a1b/src/a%20b.ts#L3-L5",
    "src/commit/0a1b/a.ts#L3",
    "src/commit/0a1b/a.ts",
  ];
  assert.deepEqual(linksOf("https://codeberg.org"), [
    "Forgejo",
    ...gitea,
    "https://codeberg.org/ada",
  ]);
  assert.deepEqual(linksOf("https://git.acme.dev/g", "gitea"), [
    "Gitea",
    ...gitea,
    "https://git.acme.dev/g/ada",
  ]);
});

Deno.test("CODE_HOST overrides the host name, and no other kind is allowed", () => {
  assert.equal(linksOf("https://gitlab.acme.dev", "github")[0], "GitHub");
  assert.throws(
    () => readConfig({ CODE_HOST: "svn" }),
    /CODE_HOST is "svn"; must be one of github/,
  );
});

Deno.test("only possible logins link to the code host", () => {
  const github = new CodeHost({ kind: "github", url: "https://github.com" });
  assert.equal(github.author("dependabot[bot]"), "https://github.com/apps/dependabot");
  for (const name of ["Ada Lovelace", "a.b", "../x", "", "-x", "[bot]", "x".repeat(101)]) {
    assert.equal(github.author(name), undefined, name);
  }
  const gitlab = new CodeHost({ kind: "gitlab", url: "https://gitlab.com" });
  assert.equal(gitlab.author("a.b"), "https://gitlab.com/a.b");
  for (const name of ["Ada Lovelace", "../x", "", ".", "..", "a/b"]) {
    assert.equal(gitlab.author(name), undefined, name);
  }
});
