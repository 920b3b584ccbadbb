import assert from "node:assert/strict";
import type { Sql } from "postgres";
import type { StagedReport } from "../../src/reports/store.ts";
import { connect } from "../../src/db/connect.ts";
import { startGitHub } from "../support/github.ts";
import { appWith, shop } from "../support/github_app.ts";

const failing = (code: string) => () =>
  Promise.reject(Object.assign(new Error("it failed"), { code }));

interface Story {
  readonly name: string;
  readonly status: number;
  readonly reason: string;
  readonly sentence: RegExp;
  readonly body?: string;
  readonly staged?: Partial<StagedReport>;
  readonly begin?: Sql["begin"];
}

const stories: readonly Story[] = [
  {
    name: "a full disk",
    status: 507,
    reason: "disk_full",
    sentence: /^The server's disk is full\./,
    staged: { publish: failing("ENOSPC") },
  },
  {
    name: "a database that is away",
    status: 503,
    reason: "unavailable",
    sentence: /^The database is not available\./,
    begin: failing("ECONNREFUSED") as Sql["begin"],
  },
  {
    name: "a bad archive",
    status: 422,
    reason: "refused",
    sentence: /^The file is not a whole tar archive/,
    body: "no archive at all",
  },
];

for (const { name, status, reason, sentence, body, staged = {}, begin } of stories) {
  Deno.test(`${name}: client, commit status, metrics and log tell the same story`, async () => {
    await using github = await startGitHub(shop);
    let isBroken = false;
    await using test = await appWith(github, {
      store: (store) => {
        const { stage } = store;
        return Object.assign(store, {
          stage: async () => Object.assign(await stage.call(store), staged),
        });
      },
      sql: (database) =>
        new Proxy(connect(database.target), {
          get: (target, name) =>
            name === "begin" && begin && isBroken ? begin : Reflect.get(target, name),
        }),
    });
    isBroken = true;
    const response = await test.send({}, body === undefined ? {} : { body });
    const { error } = await response.json();
    assert.equal(response.status, status);
    assert.match(error, sentence);

    const final = github.repository("acme/shop").statuses.find(({ state }) => state !== "pending");
    assert.equal(final?.state, "error");
    assert.equal(final?.description, error.slice(0, 139) + (error.length > 139 ? "…" : ""));

    const metrics = await (await test.get("/coverages-api/metrics")).text();
    assert(metrics.includes(`coverage_uploads_total{outcome="${reason}"} 1`), metrics);

    const line = test.log.find(({ message }) => message === "upload rejected");
    const { request: _, ...fields } = line?.fields ?? {};
    assert.deepEqual(fields, { repository: "acme/shop", branch: "main", status, reason: error });
  });
}
