// An application whose uploads a fake GitHub vouches for.
import assert from "node:assert/strict";
import { readConfig } from "../../src/config.ts";
import { cobertura, gzip, tar } from "./archive.ts";
import { type AppOptions, type TestApp, testApp } from "./app.ts";
import type { GitHub, GitHubOptions } from "./github.ts";

/** A commit of `acme/shop`. */
export const SHA = "0123456789abcdef0123456789abcdef01234567";
/** A token of one of its jobs. */
export const TOKEN = "ghs_job";
/** A GitHub with that repository, and another which the token does not see. */
export const shop: GitHubOptions = {
  repositories: [
    {
      owner: "acme",
      name: "shop",
      commits: [SHA],
      tokens: { [TOKEN]: { statuses: "write" }, ghs_fork: { statuses: "read" } },
      formerNames: ["acme/store"],
    },
    { owner: "acme", name: "secret", commits: [SHA], tokens: {} },
  ],
};

/** Makes an application that asks this GitHub alone. */
export async function appWith(
  github: GitHub,
  options: AppOptions = {},
): Promise<
  TestApp & { send(fields?: Record<string, string>, init?: RequestInit): Promise<Response> }
> {
  const { auth } = readConfig({ AUTH: "github", GITHUB_API_URLS: github.address });
  const test = await testApp({ ...options, config: { auth, ...options.config } });
  const archive = await report(3, 4);
  return Object.assign(test, {
    send: (fields: Record<string, string> = {}, init: RequestInit = {}) =>
      test.upload(
        init.body ?? archive,
        { commit_hash: SHA, github_api_url: github.address, ...fields },
        { authorization: TOKEN, ...init.headers as Record<string, string> },
      ),
  });
}

/** Asks for a sync as the job of a commit does; without `authorization` as nobody. */
export function sync(
  test: TestApp,
  github: GitHub,
  authorization: string | undefined,
  fields: Record<string, unknown> = {},
): Promise<Response> {
  return test.get("/coverages-api", {
    method: "PUT",
    body: JSON.stringify({
      org_name: "acme",
      repo_name: "shop",
      commit_hash: SHA,
      github_api_url: github.address,
      active_branches: ["main"],
      ...fields,
    }),
    headers: authorization ? { authorization } : {},
  });
}

export async function report(covered: number, valid: number) {
  return await gzip(tar([
    { name: "index.html", content: "<h1>coverage</h1>" },
    { name: "coverage.xml", content: cobertura(covered, valid) },
  ]));
}

export async function errorOf(response: Response, status: number): Promise<string> {
  const { error } = await response.json();
  assert.equal(response.status, status, JSON.stringify(error));
  return typeof error === "string" ? error : Object.values(error).join(" ");
}
