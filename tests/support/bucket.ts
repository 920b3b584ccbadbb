/**
 * Buckets for tests, on a real S3 server. Without one the tests that need it are skipped and say so,
 * unless `VERSITYGW` is set. In front of it stands a proxy that fails as buckets and networks do.
 */
import { createServer, request as forward, type Server } from "node:http";
import { join } from "node:path";
import { unpack } from "../../src/archive/extract.ts";
import type { BucketSettings } from "../../src/config.ts";
import { databaseIdentity } from "../../src/db/coverages.ts";
import { Bucket } from "../../src/reports/bucket.ts";
import { BucketStore } from "../../src/reports/bucket_store.ts";
import { createApp, type Dependencies } from "../../src/server.ts";
import { clientOf, type TestApp } from "./app.ts";
import { type LogRecord, logTo } from "./log.ts";
import { KEY, S3Server, whyNoBucket } from "./s3_server.ts";

if (whyNoBucket) console.log(`Tests with an S3 bucket are skipped: ${whyNoBucket}.`);

/** What the proxy does instead of passing a request on. */
export type Fault =
  | { readonly status: number; readonly code: string }
  /** Breaks the connection after so many bytes of the answer, or with `stays` says no more. */
  | { readonly cutAfter: number; readonly stays?: boolean }
  /** Never answers. */
  | "silence";

/** A bucket of a test's own, behind a proxy. */
export class TestBucket implements AsyncDisposable {
  /** What was asked for, such as `GET <name>`. */
  readonly requests: string[] = [];
  /** The fault of a request, if any. */
  fault: (request: string) => Fault | undefined = () => undefined;
  readonly #s3: S3Server;
  readonly #proxy: Server;
  readonly name: string;

  private constructor(s3: S3Server, proxy: Server, name: string) {
    this.#s3 = s3;
    this.#proxy = proxy;
    this.name = name;
  }

  static async make(s3: S3Server): Promise<TestBucket> {
    const proxy = createServer();
    const name = await s3.makeBucket();
    const bucket = new TestBucket(s3, proxy, name);
    proxy.on("request", (request, response) => {
      const path = request.url!.replace(/\?.*$/, "").replace(`/${name}/`, "");
      const what = `${request.method} ${path}`;
      bucket.requests.push(what);
      const fault = bucket.fault(what);
      if (fault === "silence") return;
      if (fault && "status" in fault) {
        request.resume();
        response.writeHead(fault.status, { "content-type": "application/xml" });
        return response.end(`<Error><Code>${fault.code}</Code><Message>A fault</Message></Error>`);
      }
      if (fault?.cutAfter === 0) return response.destroy();
      const { method, url, headers } = request;
      const onward = forward({ host: "127.0.0.1", port: s3.port, method, path: url, headers });
      onward.on("error", () => response.destroy());
      onward.on("response", (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        if (!fault) return answer.pipe(response);
        answer.once("data", (chunk) => {
          response.write(
            chunk.subarray(0, fault.cutAfter),
            () => fault.stays || response.destroy(),
          );
        });
      });
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    return bucket;
  }

  get settings(): BucketSettings {
    const { port } = this.#proxy.address() as { port: number };
    return {
      url: `http://127.0.0.1:${port}/${this.name}`,
      prefix: "reports/",
      region: "us-east-1",
      ...KEY,
      sessionToken: undefined,
      cacheBytes: 2 ** 30,
    };
  }

  /** The same as environment variables. */
  get environment(): Record<string, string> {
    return {
      S3_URL: `${this.settings.url}/reports`,
      AWS_ACCESS_KEY_ID: KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    };
  }

  /** The ids of the reports in it. */
  async reports(): Promise<string[]> {
    const names = await this.#s3.objects(this.name);
    return names.flatMap((name) => /^reports\/(.*)\.tar\.gz$/.exec(name)?.[1] ?? []);
  }

  pathOf(report: string): string {
    return this.#s3.pathOf(this.name, `reports/${report}.tar.gz`);
  }

  /** How often it was asked for objects of that kind. */
  count(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy.closeAllConnections();
    await new Promise((resolve) => this.#proxy.close(resolve));
  }
}

let shared: S3Server | undefined;
// Not by the first test that needs it, or that one would leak it.
Deno.test.beforeAll(async () => void (shared = whyNoBucket ? undefined : await S3Server.start()));
Deno.test.afterAll(async () => await shared?.[Symbol.asyncDispose]());

/** A test with an empty bucket; skipped where there is none. */
export function bucketTest(name: string, test: (bucket: TestBucket) => Promise<void>): void {
  Deno.test({
    name,
    ignore: whyNoBucket !== undefined,
    async fn() {
      await using bucket = await TestBucket.make(shared!);
      await test(bucket);
    },
  });
}

export interface BucketServer extends AsyncDisposable, ReturnType<typeof clientOf> {
  readonly store: BucketStore;
  readonly reports: string;
  readonly log: LogRecord[];
}

interface BucketServerOptions {
  now?: () => number;
  /** Where its folder is made. */
  disk?: string;
  /** In which the bucket must answer. */
  seconds?: number;
  dependencies?: Partial<Dependencies>;
}

/** A server with an empty disk, on the database of that application and on the bucket. */
export async function bucketServer(
  test: TestApp,
  { settings }: Pick<TestBucket, "settings">,
  { now, disk, seconds, dependencies, ...given }: Partial<BucketSettings> & BucketServerOptions =
    {},
): Promise<BucketServer> {
  const folder = await Deno.makeTempDir(disk ? { dir: disk } : {});
  const reports = join(folder, "reports");
  const log: LogRecord[] = [];
  const all = { ...settings, ...given };
  const store = await BucketStore.openWith(reports, {
    bucket: new Bucket(all, logTo(log), { ...seconds && { seconds } }),
    cacheBytes: all.cacheBytes,
    unpack,
    log: logTo(log),
    ...now && { now },
  });
  await store.belongTo(await databaseIdentity(test.sql));
  const answer = createApp({ ...test.dependencies, ...dependencies, store, log: logTo(log) });
  return {
    ...clientOf(answer, store),
    store,
    reports,
    log,
    async [Symbol.asyncDispose]() {
      await store.settled();
      store[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
