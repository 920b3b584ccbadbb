import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { newToken } from "../../src/cli/token_command.ts";
import { readConfig } from "../../src/config.ts";
import { connect } from "../../src/db/connect.ts";
import { type AppOptions, type TestApp, testApp } from "../support/app.ts";
import { DatabaseSwitch } from "../support/database_switch.ts";
import { readArchiveFile } from "../support/test_data.ts";
import { Contract, type Document, type Operation } from "./contract.ts";
import { type Call, callsOf } from "./requests.ts";

const archive = await readArchiveFile("go_coverage.tar.gz");
const BROWSER = { accept: "text/html,application/xhtml+xml" };
const METHODS = ["get", "post", "put", "delete", "patch", "options"];

/** Answers that only a bug would be, or that take a minute to come about. */
const UNSEEN = [
  ...["health 500", "metrics 500", "openapi 500", "docs 500", "docsFile 500"],
  "sync 408",
];

/** An operation, and where it is. */
interface Place {
  path: string;
  method: string;
  operation: Operation;
}

/** Calls an application by its document, and holds each answer against that. */
class Walk implements AsyncDisposable {
  readonly places: Place[];
  readonly contract: Contract;

  private constructor(
    readonly test: TestApp,
    readonly document: Document,
    readonly docsFile: string,
  ) {
    this.contract = new Contract(document);
    this.places = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
    );
  }

  static async start(options: AppOptions = {}): Promise<Walk> {
    // Uploads stay where they are, although newer ones follow.
    const { retention } = readConfig({ KEEP_SUPERSEDED: "1000" });
    const test = await testApp({ ...options, config: { retention, ...options.config } });
    const document = await (await test.get("/coverages-api/openapi.json")).json();
    const page = await (await test.get("/coverages-api/docs")).text();
    return new Walk(test, document, /docs\/(docs-\w+\.css)/.exec(page)![1]!);
  }

  place(id: string): Place {
    return this.places.find(({ operation }) => operation.operationId === id)!;
  }

  /** Every request that is worth making. */
  calls(place: Place): Call[] {
    const names = { docsFile: { file: this.docsFile } };
    return callsOf(place, place.operation, { archive, names });
  }

  /** Sends a request and holds the answer against the document. */
  async send(place: Place, call: Call, more: RequestInit = {}): Promise<Response> {
    const headers = new Headers(call.init.headers);
    new Headers(more.headers).forEach((value, name) => headers.set(name, value));
    return await this.check(
      place,
      call.what,
      await this.test.get(call.path, { ...call.init, ...more, headers }),
    );
  }

  async check(place: Place, what: string, response: Response): Promise<Response> {
    const kept = response.clone();
    assert.deepEqual(await this.contract.complaints(place, response), [], what);
    return kept;
  }

  /** Sends the first, good request of an operation; `at` takes the place of a part of its address. */
  async ask(
    id: string,
    { at: [from, to] = ["", ""], ...more }: RequestInit & { at?: [from: string, to: string] } = {},
  ): Promise<Response> {
    const place = this.place(id);
    const [call] = this.calls(place);
    return await this.send(place, { ...call!, path: call!.path.replace(from, to) }, more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.test[Symbol.asyncDispose]();
  }
}

Deno.test("every operation answers as the document says, and in every way that it says", async (t) => {
  const seen = new Set<string>();
  let document: Document;
  let failure: Error | undefined;
  const step = (name: string, options: AppOptions, work: (walk: Walk) => Promise<void>) =>
    t.step(name, async () => {
      await using walk = await Walk.start(options);
      await work(walk).finally(() => failure = undefined);
      document = walk.document;
      walk.contract.seen.forEach((answer) => seen.add(answer));
    });

  await step("good requests are done, and bad ones refused", {}, async (walk) => {
    for (const place of walk.places) {
      const calls = walk.calls(place);
      for (const call of calls) {
        const { status } = await walk.send(place, call);
        const isRight = call.expected === "done" ? status < 400 : status >= 400 && status < 500;
        assert(isRight, `${call.what} is answered ${status}`);
      }
      if (place.method !== "get") continue;
      for (const call of [calls[0]!, calls.at(-1)!]) {
        assert.equal(await (await walk.send(place, call, { method: "HEAD" })).text(), "");
        await walk.send(place, call, { headers: BROWSER });
      }
    }
  });

  await step("no method and no address is answered that there is not", {}, async (walk) => {
    for (const [path, methods] of Object.entries(walk.document.paths)) {
      const place = walk.places.find((place) => place.path === path)!;
      for (const method of METHODS.filter((method) => !(method in methods))) {
        const address = walk.calls(place)[0]!.path.replace(/\?.*/, "");
        const response = await walk.test.get(address, { method: method.toUpperCase() });
        const what = `${method} ${address}`;
        assert.equal(response.status, 405, what);
        const allowed = response.headers.get("allow")!.split(", ").filter((name) =>
          name !== "HEAD"
        );
        assert.deepEqual(
          allowed.map((name) => name.toLowerCase()).sort(),
          Object.keys(methods).sort(),
        );
        const complaints = await walk.contract.complaintsOfNone("MethodNotAllowed", response);
        assert.deepEqual(complaints, [], what);
      }
    }
    for (const headers of [{}, BROWSER]) {
      const response = await walk.test.get("/coverages-api/nothing", { headers });
      assert.equal(response.status, 404);
      assert.deepEqual(await walk.contract.complaintsOfNone("NotFound", response), []);
    }
  });

  await step("answers that depend on more than fields", {}, async (walk) => {
    await walk.ask("upload");
    const statusOf = async (...ask: Parameters<Walk["ask"]>) => (await walk.ask(...ask)).status;
    for (const { operation: { operationId, responses } } of walk.places) {
      const first = await walk.ask(operationId);
      const etag = first.headers.get("etag");
      if (etag) {
        const known = { "if-none-match": etag };
        assert.equal(await statusOf(operationId, { headers: known }), 304, operationId);
      }
      if (!responses[206]) continue;
      const part = (range: string) => ({ headers: { range } });
      assert.equal(await statusOf(operationId, part("bytes=0-9")), 206);
      assert.equal(await statusOf(operationId, part("bytes=99999999-")), 416);
      const other = await statusOf(operationId, { headers: { "if-match": '"other"' } });
      // The published serveDir does not know that header.
      if (other !== 412) seen.add(`${operationId} 412`);
      assert.equal(await statusOf(operationId, { at: ["/index.html", ""] }), 302);
      assert.equal(await statusOf(operationId, { at: ["/index.html", "/"] }), 200);
      assert.equal(await statusOf(operationId, { at: ["index.html", "%zz"] }), 400);
    }
    const comment = await walk.ask("compare", { headers: { accept: "text/markdown" } });
    assert.match(comment.headers.get("content-type")!, /^text\/markdown/);
    assert.equal(await statusOf("compare", { at: ["head=develop", "head=none"] }), 404);
    assert.equal(await statusOf("docsFile", { at: ["docs-", "else-"] }), 404);
    const other = JSON.stringify({ org_name: "a", repo_name: "b", active_branches: ["main"] });
    assert.equal(await statusOf("sync", { body: other }), 404);
    assert.equal(await statusOf("sync", { body: "x".repeat(2 ** 20 + 1) }), 413);
    assert.equal(
      await statusOf("upload", { headers: { "content-type": "text/plain" }, body: "x" }),
      415,
    );
    // What becomes of an address where the Host header is no host.
    const malformed = new Proxy(new Request("http://coverage.test/"), {
      get: (request, name) => name === "url" ? "http://[/" : Reflect.get(request, name, request),
    });
    for (const place of walk.places) {
      const response = await walk.test.app(malformed);
      assert.equal(response.status, 400);
      await walk.check(place, "a malformed Host", response);
    }
  });

  const { token, entry } = newToken("rakuten/*");
  const { auth } = readConfig({ AUTH: "token", UPLOAD_TOKENS: entry });
  await step("whoever may not change something is told so", { config: { auth } }, async (walk) => {
    const secured = walk.places.filter(({ operation }) => operation.security);
    assert.deepEqual(secured.map(({ method }) => method), ["post", "put"]);
    for (const { operation: { operationId: id, security } } of secured) {
      assert.deepEqual(security, [{ token: [] }]);
      const status = async (authorization: string, more = {}) =>
        (await walk.ask(id, { headers: { authorization, ...more } })).status;
      assert.equal((await walk.ask(id)).status, 401);
      assert.equal(await status("Bearer cov_unknown"), 401);
      assert.equal(await status(`Bearer ${token}`), 200);
      assert.equal(await status(token, { origin: "https://elsewhere.test" }), 403);
    }
    const bad = await walk.ask("upload", {
      headers: { authorization: token },
      at: ["org_name=rakuten", "org_name=others"],
    });
    assert.equal(bad.status, 403);
    for (const { operation: { operationId: id } } of secured) {
      let status = 401;
      for (let count = 0; count <= 30 && status === 401; count++) {
        status = (await walk.ask(id, { headers: { authorization: `cov_${id}${count}` } })).status;
      }
      assert.equal(status, 429);
    }
  });

  const gates: DatabaseSwitch[] = [];
  const behindGate: AppOptions = {
    sql(database) {
      gates.push(new DatabaseSwitch(database.target));
      // A connection each, because one that failed waits ever longer before it tries again.
      return connect({ ...gates[0]!.target, max: 20 });
    },
  };
  await step("while the database is away", behindGate, async (walk) => {
    await using gate = gates[0]!;
    await gate.close();
    await Promise.all(walk.places.map(async ({ operation: { operationId, responses } }) => {
      const { status } = await walk.ask(operationId);
      assert.equal(status === 503, responses[503] !== undefined, `${operationId}: ${status}`);
    }));
  });

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
  await step("a bug", failing, async (walk) => {
    failure = new TypeError("a bug");
    for (const { operation: { operationId } } of walk.places) {
      const { status } = await walk.ask(operationId);
      const isExpected = operationId === "health"
        ? status === 503
        : status === 500 || UNSEEN.includes(`${operationId} 500`);
      assert(isExpected, `${operationId}: ${status}`);
    }
  });

  await step("a full disk", failing, async (walk) => {
    failure = Object.assign(new Error("could not extend file"), { code: "53100" });
    for (const id of ["upload", "sync"]) assert.equal((await walk.ask(id)).status, 507);
  });

  await step("limits", { limits: { maxUploadBytes: 100, uploadSeconds: 0.05 } }, async (walk) => {
    const headers = { "content-type": "application/gzip" };
    assert.equal((await walk.ask("upload", { body: archive, headers })).status, 413);
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(archive.slice(0, 9)),
    });
    assert.equal((await walk.ask("upload", { body, headers })).status, 408);
  });

  await t.step("every answer of the document was seen", () => {
    const said = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ operationId, responses }) =>
        Object.keys(responses).map((status) => `${operationId} ${status}`)
      )
    );
    assert.deepEqual(said.filter((answer) => !seen.has(answer)).sort(), UNSEEN.toSorted());
  });
});
