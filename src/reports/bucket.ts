/**
 * The S3 bucket that holds the archive of each report as one object, `<prefix>/<id>.tar.gz`, and in
 * `<prefix>/.database` which database's they are.
 */
import { parseXmlStream } from "@std/xml";
import { AwsV4Signer } from "aws4fetch";
import { createReadStream } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { BucketSettings } from "../config.ts";
import { HttpError, OperatorError } from "../errors.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import type { Log } from "../log.ts";
import { isReportId } from "../model/urls.ts";
import type { ArchiveFile } from "./archive_file.ts";

const MARKER = ".database";
const ENDING = ".tar.gz";
/** In which a request must be answered, tries again included. */
const ANSWER_SECONDS = 30;
/** An archive has a second more for so many bytes, in either direction. */
const LEAST_BYTES_PER_SECOND = 256 * 1024;
const HEALTH_SECONDS = 5;
const TRIES = 3;
const PAUSE_MS = 200;
/** SHA-256 of nothing. */
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export interface BucketObject {
  readonly id: string;
  readonly bytes: number;
  readonly storedAt: Date;
}

/** What the client is told, by what is wrong with the bucket. */
const SENTENCES = {
  away: "The bucket is not available. Retry shortly.",
  full: "The bucket is full. Nothing was stored; its operator must free space.",
  refused: "The server cannot use its bucket. Its operator must fix that.",
};

/** 503: the bucket did not do what it was asked for; the cause says what it was, without secrets. */
export class BucketError extends HttpError {
  /** Other failures of connections are taken for the database's. */
  readonly code = "BUCKET";

  /** `what` is logged: the request, and what became of it. */
  constructor(readonly why: keyof typeof SENTENCES, what: string) {
    const cause = new Error(what);
    delete cause.stack; // where it was asked says nothing
    super(503, SENTENCES[why], { cause, headers: { "retry-after": "5" } });
  }
}

interface Asked {
  readonly query?: string;
  readonly body?: string | ArchiveFile;
  readonly seconds?: number;
  readonly tries?: number;
}

export class Bucket {
  readonly #settings: BucketSettings;
  readonly #log: Log;
  readonly #seconds: number;
  #database: string | undefined;
  #verified: Promise<void> | undefined;
  #checked: { readonly at: number; readonly answer: Promise<unknown> } | undefined;

  constructor(settings: BucketSettings, log: Log, { seconds = ANSWER_SECONDS } = {}) {
    this.#settings = settings;
    this.#log = log;
    this.#seconds = seconds;
  }

  /**
   * Ties it to a database, as a reports folder is. Throws an `OperatorError` where it belongs to another
   * one or refuses these settings; one that does not answer is only logged, and asked again before the
   * first object is written.
   */
  async belongTo(database: string): Promise<void> {
    this.#database = database;
    try {
      await this.#verify();
    } catch (error) {
      if (!(error instanceof BucketError)) throw error;
      const { message } = error.cause as Error;
      if (error.why === "refused") {
        throw new OperatorError(
          `The bucket cannot be used: ${message} Are S3_URL, S3_REGION and AWS_* right?`,
        );
      }
      this.#log.error("the bucket is not available; uploads get 503 until it is", { error });
    }
  }

  /** Throws where it does not answer, or refuses to. However many ask, the bucket is asked now and then. */
  async check(): Promise<void> {
    const now = performance.now();
    if (!this.#checked || now - this.#checked.at > HEALTH_SECONDS * 1000) {
      const asked = { seconds: HEALTH_SECONDS, tries: 1 };
      this.#checked = { at: now, answer: this.#ask("GET", MARKER, asked, readText) };
    }
    await this.#checked.answer;
  }

  /** Stores an archive; the same one again replaces it. */
  async put(id: string, file: ArchiveFile): Promise<void> {
    await this.#verify();
    const asked = { body: file, seconds: this.#secondsFor(file.bytes) };
    await this.#ask("PUT", id + ENDING, asked, readText);
  }

  /** The bytes of an archive; undefined where there is none. Reading them fails like a request. */
  async get(id: string): Promise<ByteStream | undefined> {
    return await this.#ask("GET", id + ENDING, {}, ({ body, headers }, deadline) => {
      const bytes = Number(headers.get("content-length") ?? 2 ** 30); // every S3 server has it
      const seconds = this.#secondsFor(bytes);
      const tooLate = new Error(`not all of its ${bytes} bytes came within ${seconds} seconds`);
      const timer = setTimeout(() => deadline.abort(tooLate), seconds * 1000);
      const reader = (body as ByteStream ?? ReadableStream.from([])).getReader();
      return new ReadableStream({
        async pull(controller) {
          try {
            const { done, value } = await reader.read();
            if (!done) return controller.enqueue(value);
            clearTimeout(timer);
            controller.close();
          } catch (cause) {
            clearTimeout(timer);
            const why = deadline.signal.aborted ? tooLate : cause;
            controller.error(away(`GET ${id}${ENDING}`, why));
          }
        },
        cancel(reason) {
          clearTimeout(timer);
          return reader.cancel(reason); // also ends a read that is pending
        },
      }, { highWaterMark: 0 });
    });
  }

  /** Removes an archive; one that is gone already is no error. */
  async delete(id: string, tries = TRIES): Promise<void> {
    await this.#verify();
    await this.#ask("DELETE", id + ENDING, { tries }, readText);
  }

  /** Every archive, by id. */
  async *list(): AsyncGenerator<BucketObject> {
    await this.#verify();
    const { prefix } = this.#settings;
    for (let token: string | undefined = ""; token !== undefined;) {
      const query = new URLSearchParams({ "list-type": "2", prefix });
      if (token) query.set("continuation-token", token);
      const asked = { query: `?${query}` };
      const text: string | undefined = await this.#ask("GET", undefined, asked, readText);
      const { items, rest } = await readXml(text ?? "", "Contents");
      for (const { Key = "", Size, LastModified = "" } of items) {
        const id = Key.slice(prefix.length, -ENDING.length);
        if (!Key.endsWith(ENDING) || !isReportId(id)) continue; // somebody else's
        yield { id, bytes: Number(Size), storedAt: new Date(LastModified) };
      }
      token = rest.IsTruncated === "true" ? rest.NextContinuationToken : undefined;
    }
  }

  #secondsFor(bytes: number): number {
    return Math.ceil(10 * (this.#seconds + bytes / LEAST_BYTES_PER_SECOND)) / 10;
  }

  /** Asks once whose it is, and again after a failure. */
  #verify(): Promise<void> {
    return this.#verified ??= this.#claim().catch((error) => {
      this.#verified = undefined;
      throw error;
    });
  }

  async #claim(): Promise<void> {
    const database = this.#database;
    if (database === undefined) throw new Error("The bucket was not told whose it is");
    const read = () => this.#ask("GET", MARKER, {}, readText);
    if (await read() === undefined) await this.#ask("PUT", MARKER, { body: database }, readText);
    const marked = (await read())?.trim();
    if (marked === database) return;
    const { url, prefix } = this.#settings;
    throw new BucketError(
      "refused",
      `The objects in ${url}/${prefix} belong to another database.`,
    );
  }

  /**
   * What `read` makes of the answer; undefined where there is no such object. What may pass is tried
   * again while there is time. Throws a {@linkcode BucketError}.
   */
  async #ask<T>(
    method: string,
    name: string | undefined,
    { query = "", tries = TRIES, seconds = this.#seconds, ...asked }: Asked,
    read: (response: Response, deadline: AbortController) => T | Promise<T>,
  ): Promise<T | undefined> {
    const { url, prefix } = this.#settings;
    const address = `${url}${name === undefined ? "/" : `/${prefix}${name}`}`;
    const what = `${method} ${address}`;
    const deadline = new AbortController();
    const tooLate = new Error(`no answer within ${seconds} seconds`);
    const timer = setTimeout(() => deadline.abort(tooLate), seconds * 1000);
    try {
      for (let left = tries;; left--) {
        let failure: BucketError;
        try {
          const response = await this.#send(method, address + query, asked, deadline.signal);
          if (response.ok) return await read(response, deadline);
          const { rest } = await readXml(await response.text(), "").catch(() => ({ rest: {} }));
          const { status } = response;
          const { Code = "", Message = response.statusText }: Record<string, string> = rest;
          if (Code === "NoSuchKey") return undefined;
          const why = /quota|full/i.test(Code)
            ? "full"
            : status >= 500 || status === 429 || Code === "RequestTimeout"
            ? "away"
            : "refused";
          failure = new BucketError(why, `${what}: ${status} ${Code} ${Message}`.trim());
        } catch (cause) {
          failure = away(what, deadline.signal.aborted ? deadline.signal.reason : cause);
        }
        if (left <= 1 || failure.why !== "away" || deadline.signal.aborted) throw failure;
        const ms = PAUSE_MS * 2 ** (tries - left) * (0.5 + Math.random());
        await delay(ms, undefined, { signal: deadline.signal }).catch(() => {});
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(
    method: string,
    address: string,
    { body }: Asked,
    signal: AbortSignal,
  ): Promise<Response> {
    const file = typeof body === "object" ? body : undefined;
    const signed = await new AwsV4Signer({
      ...this.#settings,
      sessionToken: this.#settings.sessionToken!,
      service: "s3",
      method,
      url: address,
      headers: {
        "x-amz-content-sha256": file?.sha256 ?? (body === undefined ? EMPTY : "UNSIGNED-PAYLOAD"),
      },
    }).sign();
    if (file) return await sendFile(signed.url, signed.headers, file, signal);
    const given = { method, headers: signed.headers, signal, redirect: "manual" } as const;
    return await fetch(signed.url, typeof body === "string" ? { ...given, body } : given);
  }
}

/** A failure of the connection, whose reason may be below that of `fetch`. */
function away(what: string, cause: unknown): BucketError {
  const why = cause instanceof Error ? cause.cause ?? cause : cause;
  const message = why instanceof Error ? why.message : why;
  return new BucketError("away", `${what}: ${message}`);
}

/** Sends a file with its length, which S3 insists on and `fetch` has no way to give a stream. */
async function sendFile(
  url: URL,
  headers: Headers,
  { path, bytes }: ArchiveFile,
  signal: AbortSignal,
): Promise<Response> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const request = send(url, {
    method: "PUT",
    // Of a connection that was used before Deno's client does not notice when it is closed.
    agent: false,
    headers: { ...Object.fromEntries(headers), "content-length": bytes },
    signal,
  }, async (response) => {
    try {
      const chunks = await Array.fromAsync(response as AsyncIterable<Uint8Array<ArrayBuffer>>);
      resolve(new Response(new Blob(chunks), { status: response.statusCode ?? 0 }));
    } catch (error) {
      reject(error);
    }
  });
  request.on("error", reject);
  pipeline(createReadStream(path), request).catch(reject);
  return await promise;
}

function readText(response: Response): Promise<string> {
  return response.text();
}

/** The texts of the elements in each `item`, and of all others, by their names. */
async function readXml(text: string, item: string) {
  const items: Record<string, string>[] = [];
  const rest: Record<string, string> = {};
  let into = rest, content = "";
  await parseXmlStream(ReadableStream.from([text]), {
    onStartElement(name) {
      content = "";
      if (name === item) items.push(into = {});
    },
    onText: (text) => content += text,
    onEndElement(name) {
      if (name === item) into = rest;
      else into[name] = content;
    },
  });
  return { items, rest };
}
