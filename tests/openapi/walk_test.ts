import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { newToken } from "../../src/cli/token_command.ts";
import { readConfig } from "../../src/config.ts";
import { connect } from "../../src/db/connect.ts";
import { type AppOptions, type TestApp, testApp } from "../support/app.ts";
import { tar } from "../support/archive.ts";
import { DatabaseSwitch } from "../support/database_switch.ts";
import { loginConfig } from "../support/visitor.ts";
import { readArchiveFile } from "../support/test_data.ts";
import { Contract, type Operation } from "./contract.ts";
import { type Call, callsOf } from "./requests.ts";

const archive = await readArchiveFile("go_coverage.tar.gz");
const BROWSER = { accept: "text/html,application/xhtml+xml" };
const METHODS = ["get", "post", "put", "delete", "patch", "options"];

/** A request: an operation's first good one, with changes. */
interface Changes extends RequestInit {
  /** Replaces a part of the address. */
  at?: [from: string | RegExp, to: string];
}

interface WalkOptions extends AppOptions {
  /** With which the document is read. */
  headers?: Record<string, string>;
}

/** Calls an application as its document describes, and checks every answer. */
class Walk implements AsyncDisposable {
  private constructor(readonly test: TestApp, readonly contract: Contract) {}

  static async start({ headers = {}, ...options }: WalkOptions = {}): Promise<Walk> {
    // Superseded reports stay.
    const { retention } = readConfig({ KEEP_SUPERSEDED: "1000" });
    const test = await testApp({ ...options, config: { retention, ...options.config } });
    const contract = new Contract(
      await (await test.get("/coverages-api/openapi.json", { headers })).json(),
    );
    const page = await (await test.get("/coverages-api/docs", { headers })).text();
    const docsFile = contract.operations.find(({ operationId }) => operationId === "docsFile")!;
    docsFile.parameters![0]!.schema.examples = [/docs\/(docs-\w+\.css)/.exec(page)![1]!];
    const reportFile = contract.operations.find(({ operationId }) => operationId === "reportFile")!;
    reportFile.parameters![0]!.schema.examples = [await publishReport(test)];
    return new Walk(test, contract);
  }

  get operations(): Operation[] {
    return this.contract.operations;
  }

  async send(operation: Operation, call: Call, more: RequestInit = {}): Promise<Response> {
    const headers = new Headers(call.init.headers);
    new Headers(more.headers).forEach((value, name) => headers.set(name, value));
    const response = await this.test.get(call.path, { ...call.init, ...more, headers });
    const copy = response.clone();
    assert.deepEqual(await this.contract.differences(operation, response), [], call.what);
    return copy;
  }

  async ask(id: string, { at: [from, to] = ["", ""], ...more }: Changes = {}): Promise<Response> {
    const operation = this.operations.find(({ operationId }) => operationId === id)!;
    const [call] = callsOf(operation, archive);
    return await this.send(operation, { ...call!, path: call!.path.replace(from, to) }, more);
  }

  async expect(status: number, id: string, changes?: Changes): Promise<void> {
    const response = await this.ask(id, changes);
    assert.equal(response.status, status, `${id}: ${await response.text()}`);
  }

  async expectGeneral(status: number, name: string, response: Response): Promise<void> {
    assert.equal(response.status, status);
    assert.deepEqual(await this.contract.generalDifferences(name, response), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.test[Symbol.asyncDispose]();
  }
}

/** A report at its own address; returns its id. */
async function publishReport(test: TestApp): Promise<string> {
  const report = await test.store.stage();
  await report.makeFolder("coverage");
  await report.writeFile("coverage/index.html", new TextEncoder().encode("<p>report</p>"));
  await report.publish();
  return report.id;
}

Deno.test("every operation gives every documented answer and no other", async (t) => {
  let unseen: string[] | undefined;
  const step = (name: string, options: WalkOptions, work: (walk: Walk) => Promise<void>) =>
    t.step(name, async () => {
      await using walk = await Walk.start(options);
      await work(walk);
      unseen = walk.contract.unseen.filter((answer) => unseen?.includes(answer) ?? true);
    });

  await step("good requests succeed, and bad ones are rejected", {}, async (walk) => {
    for (const operation of walk.operations) {
      const calls = callsOf(operation, archive);
      for (const call of calls) {
        const { status } = await walk.send(operation, call);
        // A badge says itself what is wrong.
        const isTaken = call.isGood || operation.operationId === "badge";
        const isRight = isTaken ? status < 400 : status >= 400 && status < 500;
        assert(isRight, `${call.what}: ${status}`);
      }
      if (operation.method !== "get") continue;
      for (const call of [calls[0]!, calls.at(-1)!]) {
        assert.equal(await (await walk.send(operation, call, { method: "HEAD" })).text(), "");
        await walk.send(operation, call, { headers: BROWSER });
      }
    }
  });

  await step("unknown addresses and methods are rejected", {}, async (walk) => {
    for (const path of new Set(walk.operations.map(({ path }) => path))) {
      const here = walk.operations.filter((operation) => operation.path === path);
      const methods = here.map(({ method }) => method);
      const address = callsOf(here[0]!, archive)[0]!.path.replace(/\?.*/, "");
      for (const method of METHODS.filter((method) => !methods.includes(method))) {
        const response = await walk.test.get(address, { method: method.toUpperCase() });
        const allow = response.headers.get("allow")!.toLowerCase().split(", ");
        assert.deepEqual(allow.filter((name) => name !== "head").sort(), methods.toSorted());
        await walk.expectGeneral(405, "MethodNotAllowed", response);
      }
    }
    for (const headers of [{}, BROWSER]) {
      const response = await walk.test.get("/coverages-api/nothing", { headers });
      await walk.expectGeneral(404, "NotFound", response);
    }
    // What Deno makes of a Host header that is not a host.
    const malformed = new Proxy(new Request("http://coverage.test/"), {
      get: (request, name) => name === "url" ? "http://[/" : Reflect.get(request, name, request),
    });
    await walk.expectGeneral(400, "BadAddress", await walk.test.app(malformed));
  });

  await step("answers that depend on more than fields", {}, async (walk) => {
    await walk.expect(200, "upload");
    for (const { operationId: id, responses, parameters = [] } of walk.operations) {
      if (responses[304]) {
        const { headers } = await walk.ask(id);
        const condition: [string, string] = headers.has("etag")
          ? ["if-none-match", headers.get("etag")!]
          : ["if-modified-since", headers.get("last-modified")!];
        await walk.expect(304, id, { headers: Object.fromEntries([condition]) });
      }
      const last = parameters.findLast((parameter) => parameter.in === "path");
      const example = String(last?.schema.examples?.[0]);
      if (responses[400] && last) await walk.expect(400, id, { at: [example, "%zz"] });
      if (!responses[206]) continue;
      await walk.expect(206, id, { headers: { range: "bytes=0-9" } });
      await walk.expect(416, id, { headers: { range: "bytes=99999999-" } });
      await walk.expect(302, id, { at: ["/index.html", ""] });
      await walk.expect(200, id, { at: ["/index.html", "/"] });
    }
    const patched = await walk.ask("upload", {
      at: ["coverage.xml", "lcov.info"],
      body: tar([
        { name: "lcov.info", content: "TN:\nSF:a.ts\nDA:1,0\nend_of_record\n" },
        { name: "changes.diff", content: "--- a/a.ts\n+++ b/a.ts\n@@ -0,0 +1 @@\n+1\n" },
      ]),
    });
    assert.equal((await patched.json()).patch.files[0].uncovered, "1");
    const comment = await walk.ask("compare", { headers: { accept: "text/markdown" } });
    assert.match(comment.headers.get("content-type")!, /^text\/markdown/);
    await walk.expect(404, "files", { at: ["repo_name=", "repo_name=other-"] });
    const large = { at: ["full=0", "full=1"] as [string, string] };
    const lists = await Promise.all(Array.from({ length: 120 }, () => walk.ask("list", large)));
    assert(lists.some(({ status }) => status === 429));
    await walk.expect(404, "compare", { at: ["head=develop", "head=none"] });
    await walk.expect(404, "docsFile", { at: ["docs-", "else-"] });
    const other = JSON.stringify({ org_name: "a", repo_name: "b", active_branches: ["main"] });
    await walk.expect(404, "sync", { body: other });
    await walk.expect(400, "sync", { body: "no JSON" });
    await walk.expect(413, "sync", { body: "x".repeat(2 ** 20 + 1) });
    const form = { "content-type": "multipart/form-data; boundary=x" };
    await walk.expect(400, "upload", { headers: form, body: "no form" });
    await walk.expect(415, "upload", { headers: { "content-type": "text/plain" }, body: "x" });
  });

  const { token, entry } = newToken("rakuten/*");
  const { auth } = readConfig({ AUTH: "token", UPLOAD_TOKENS: entry });
  await step("uploads and syncs need a credential", { config: { auth } }, async (walk) => {
    const secured = walk.operations.filter(({ security }) => security);
    assert.deepEqual(secured.map(({ method }) => method), ["post", "put"]);
    for (const { operationId: id, security } of secured) {
      assert.deepEqual(security, [{ token: [] }]);
      const headers = { authorization: `Bearer ${token}` };
      await walk.expect(401, id);
      await walk.expect(200, id, { headers });
      await walk.expect(403, id, { headers: { ...headers, origin: "https://elsewhere.test" } });
    }
    const at: [string, string] = ["org_name=rakuten", "org_name=others"];
    await walk.expect(403, "upload", { headers: { authorization: token }, at });
    for (const { operationId: id } of secured) {
      const statuses = await Promise.all(Array.from(
        { length: 60 },
        async (_, n) =>
          (await walk.ask(id, { headers: { authorization: `cov_${id}${n}` } })).status,
      ));
      assert(statuses.includes(429));
    }
  });

  const { token: reads, entry: readEntry } = newToken("*");
  const login = loginConfig({
    ...{ LOGIN_ISSUER: "https://accounts.test", LOGIN_ALLOW: "*", READ_TOKENS: readEntry },
    ...{ AUTH: "token", UPLOAD_TOKENS: entry },
  });
  const authorized = { authorization: reads };
  await step("reading needs a login", { config: login, headers: authorized }, async (walk) => {
    const readers = walk.operations.filter(({ method, security }) => method === "get" && security);
    assert.deepEqual(readers.map(({ operationId }) => operationId), [
      ...["list", "badge", "compare", "files", "newestReport", "reportOfLanguage"],
      ...["newestReportFile", "reportOfLanguageFile", "reportOfUploadFile"],
      ...["metrics", "openapi", "docs", "docsFile"],
    ]);
    await walk.expect(200, "upload", { headers: { authorization: token } });
    for (const { operationId: id } of readers) {
      for (const headers of [{}, BROWSER]) await walk.expect(401, id, { headers });
      const { status } = await walk.ask(id, { headers: authorized });
      assert(status < 400, `${id}: ${status}`);
    }
    const guess = async (id: string, n: number) =>
      (await walk.ask(id, { headers: { authorization: `cov_${id}${n}` } })).status;
    // The first uses up what the client may guess.
    await Promise.all(Array.from({ length: 60 }, (_, n) => guess("badge", n)));
    await Promise.all(readers.map(async ({ operationId: id, responses }) => {
      const statuses = await Promise.all(Array.from({ length: 8 }, (_, n) => guess(id, 60 + n)));
      assert.equal(statuses.includes(429), responses[429] !== undefined, id);
    }));
    const at: [string, string] = ["repo_name=", "repo_name=other-"];
    await walk.expect(404, "badge", {
      headers: { authorization: token },
      at: ["rakuten", "others"],
    });
    await walk.expect(404, "files", { headers: authorized, at });
  });

  const gates: DatabaseSwitch[] = [];
  const behindGate: AppOptions = {
    sql(database) {
      gates.push(new DatabaseSwitch(database.target));
      // A connection for each request, because one that failed waits before it tries again.
      return connect({ ...gates[0]!.target, max: 20 });
    },
  };
  await step("the database is not available", behindGate, async (walk) => {
    await using gate = gates[0]!;
    await gate.close();
    await Promise.all(walk.operations.map(async ({ operationId, responses }) => {
      // Only a browser is led on from a report that is gone.
      const gone: Changes = { headers: BROWSER, at: [/[0-9a-f-]{36}/, crypto.randomUUID()] };
      const { status } = await walk.ask(operationId, operationId === "reportFile" ? gone : {});
      assert.equal(status === 503, responses[503] !== undefined, `${operationId}: ${status}`);
    }));
  });

  let failure: Error | undefined;
  const failing: AppOptions = {
    sql: ({ sql }) => {
      const orFail = <T>(work: () => T): T => {
        if (failure) throw failure;
        return work();
      };
      return new Proxy(sql, {
        apply: (target, self, args) => orFail(() => Reflect.apply(target, self, args)),
        get: (target, name) => orFail(() => Reflect.get(target, name)),
      }) as Sql;
    },
  };
  await step("a bug, and a full disk", failing, async (walk) => {
    failure = new TypeError("a bug");
    const { path } = callsOf(walk.operations[0]!, archive)[0]!;
    for (const headers of [{}, BROWSER]) {
      const response = await walk.test.get(path, { headers });
      await walk.expectGeneral(500, "InternalError", response);
    }
    failure = Object.assign(new Error("could not extend file"), { code: "53100" });
    for (const id of ["upload", "sync"]) await walk.expect(507, id);
    failure = undefined;
  });

  await step("limits", { limits: { maxUploadBytes: 100 } }, async (walk) => {
    await walk.expect(413, "upload");
    // No time passes: a limit of minutes is over at once, but not the longer one of the work.
    const { setTimeout } = globalThis;
    globalThis.setTimeout = ((work: () => void, delay = 0) =>
      setTimeout(work, delay >= 60_000 && delay < 1_200_000 ? 0 : delay)) as typeof setTimeout;
    try {
      for (const id of ["upload", "sync"]) {
        await walk.expect(408, id, {
          body: new ReadableStream({
            pull: () =>
              new Promise(() => {}),
          }),
        });
      }
    } finally {
      globalThis.setTimeout = setTimeout;
    }
  });

  await t.step("every documented answer was given", () => assert.deepEqual(unseen, []));
});
