/** A real S3 server: versitygw, at the path `VERSITYGW` or on the `PATH`. */
import { join } from "node:path";
import { isFile, pathOf } from "./programs.ts";

/** Of the only user. */
export const KEY = { accessKeyId: "test", secretAccessKey: "secret of the tests" };

const named = Deno.env.get("VERSITYGW");
const program = named || pathOf("versitygw");
if (named && !isFile(named)) throw new Error(`There is no versitygw at VERSITYGW (${named}).`);
/** Why there are no buckets here; undefined where there are. */
export const whyNoBucket = program ? undefined : "there is no versitygw; VERSITYGW names it";

/** A versitygw of one's own, in a new folder; dispose it to end it and remove all it has. */
export class S3Server implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #process: Deno.ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  static async start(): Promise<S3Server> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const server = new S3Server(await Deno.makeTempDir({ prefix: "coverage-s3-" }), port);
    await server.start();
    return server;
  }

  /** Starts it again, and waits until it answers. */
  async start(): Promise<void> {
    this.#process = new Deno.Command(program!, {
      args: ["--port", `127.0.0.1:${this.port}`, "--keep-alive", "--quiet", "posix", this.#folder],
      env: { ROOT_ACCESS_KEY: KEY.accessKeyId, ROOT_SECRET_KEY: KEY.secretAccessKey },
      stdout: "null",
      stderr: "null",
    }).spawn();
    while (true) {
      const isUp = await Deno.connect({ hostname: "127.0.0.1", port: this.port })
        .then((connection) => (connection.close(), true), () => false);
      if (isUp) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  /** Makes an empty bucket; returns its name. */
  async makeBucket(): Promise<string> {
    const name = `bucket-${crypto.randomUUID()}`;
    await Deno.mkdir(join(this.#folder, name));
    return name;
  }

  /** The names of the objects in a bucket. */
  async objects(bucket: string): Promise<string[]> {
    const names: string[] = [];
    const read = async (folder: string) => {
      for await (const { name, isDirectory } of Deno.readDir(join(this.#folder, bucket, folder))) {
        if (isDirectory) await read(`${folder}${name}/`);
        else names.push(folder + name);
      }
    };
    await read("");
    return names.sort();
  }

  /** Where an object is on the disk. */
  pathOf(bucket: string, object: string): string {
    return join(this.#folder, bucket, object);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
