/** Uploads without end, each unlike any other, and the answer to each. */
import { createHash, randomBytes } from "node:crypto";
import { cobertura, type Entry, gzip, tar } from "../../tests/support/archive.ts";
import { FIELDS, uploadPath } from "../../tests/support/fields.ts";
import { pause } from "../support/server.ts";

/** Few, so that uploads supersede each other. */
export const BRANCHES = 12;
/** Lines of the coverage file, of which each upload has covered another number. */
const LINES = 10_000;
/** Between a refusal and the next try. */
const REPEAT_MS = 100;
const ANSWER_MS = 90_000;
const NOISE = randomBytes(2 ** 21).toString("hex");

/** What is known of a report that was sent. */
export interface Report {
  readonly fields: Readonly<Record<string, string>>;
  /** What the server must make of its coverage file. */
  readonly percentage: number;
  /** Each of its files as {@linkcode fileOf} has it. */
  readonly files: ReadonlySet<string>;
}

/** Refusals that a client may get while something is away. */
export type Expected = ReadonlySet<number>;
/** The client repeats. */
export const BUSY: Expected = new Set([429, 503]);
export const FULL: Expected = new Set([...BUSY, 507]);

/** The uploads of a scenario. */
export class Uploads {
  #next = 1;
  /** All that were sent, by the commit that names each in its row. */
  readonly sent = new Map<string, Report>();
  /** The commits of those that were answered 200, by the id of the row. */
  readonly acknowledged = new Map<number, string>();
  /** How often each other answer came; 0: none, because the connection broke. */
  readonly refused = new Map<number, number>();
  /** A sentence for each answer that no server may give. */
  readonly problems: string[] = [];

  /** Sends the next report; the status is 0 where the connection broke. */
  async send(
    address: string,
    expected: Expected = BUSY,
    fields: Record<string, string> = {},
  ): Promise<{ status: number; report: Report }> {
    const { body, ...made } = await makeReport(this.#next++);
    const report = { ...made, fields: { ...made.fields, ...fields } };
    this.sent.set(report.fields.commit_hash!, report);
    const status = await this.#answer(address, report, body, expected);
    if (status !== 200) this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
    return { status, report };
  }

  async sendMany(address: string, count: number): Promise<void> {
    for (let upload = 0; upload < count; upload++) await this.send(address);
  }

  /** Uploads in six lanes until it is stopped. */
  continuously(address: string, expected: Expected = BUSY): { stop(): Promise<void> } {
    return endlessly(6, async () => {
      if ((await this.send(address, expected)).status !== 200) await pause(REPEAT_MS);
    });
  }

  get summary(): string {
    const refused = [...this.refused].sort(([one], [other]) => one - other)
      .map(([status, count]) => `, ${count} × ${status || "no answer"}`);
    return `${this.acknowledged.size} of ${this.sent.size} uploads acknowledged${refused.join("")}`;
  }

  async #answer(address: string, report: Report, body: BodyInit, expected: Expected) {
    const wrong = (what: string) =>
      this.problems.push(`${report.fields.commit_hash} was answered ${what}`);
    const response = await fetch(`${address}${uploadPath(report.fields)}`, {
      method: "POST",
      headers: { "content-type": "application/gzip" },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch((error) => {
      if (error instanceof DOMException) wrong(`nothing within ${ANSWER_MS / 1000} seconds`);
    });
    const text = await response?.text().catch(() => undefined);
    if (!response || text === undefined) return 0;
    if (response.status !== 200) {
      const problem = refusalProblem(response, expected);
      if (problem) wrong(`${problem}: ${text.slice(0, 300)}`);
      return response.status;
    }
    const { coverage } = JSON.parse(text);
    if (coverage.percentage !== report.percentage) wrong(`${coverage.percentage} %`);
    this.acknowledged.set(coverage.id, report.fields.commit_hash!);
    return 200;
  }
}

/** Runs something again and again, in so many lanes, until it is stopped. */
export function endlessly(
  lanes: number,
  work: (lane: number) => Promise<void>,
): { stop(): Promise<void> } {
  let isOver = false;
  const running = Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    while (!isOver) await work(lane);
  }));
  return {
    async stop() {
      isOver = true;
      await running;
    },
  };
}

/** What is wrong with an answer other than 200: not expected, or it does not say when to retry. */
export function refusalProblem(response: Response, expected: Expected): string | undefined {
  if (!expected.has(response.status)) return String(response.status);
  const saysWhen = response.headers.has("retry-after") || !BUSY.has(response.status);
  return saysWhen ? undefined : `${response.status} without Retry-After`;
}

/** A report of two to nine pages; one in eight has a large file, which takes another way to the disk. */
async function makeReport(number: number): Promise<Report & { body: Uint8Array<ArrayBuffer> }> {
  const covered = 1 + number % (LINES - 1);
  const noise = (length: number, at: number) => `${number} ${at} ${NOISE.slice(at, at + length)}`;
  const entries: Entry[] = [
    { name: "report/index.html", content: `<h1>upload ${number}</h1>` },
    { name: "report/coverage.xml", content: cobertura(covered, LINES) },
    ...Array.from({ length: 2 + number % 8 }, (_, page) => ({
      name: `report/${["", "src/", "src/deeper/below/"][page % 3]}page${page}.html`,
      content: noise((number * 7919 * (page + 1)) % 40_000, page),
    })),
    ...number % 8 ? [] : [{ name: "report/large.bin", content: noise(2 ** 21, number % 1000) }],
  ];
  return {
    fields: {
      ...FIELDS,
      branch_name: `branch/${number % BRANCHES}`,
      language: number % 5 ? "go" : "java",
      commit_hash: `upload.${number}`,
    },
    percentage: covered * 100 / LINES,
    files: new Set(entries.map(({ name, content }) => fileOf(name, content!))),
    body: await gzip(tar(entries)),
  };
}

/** A file's path and SHA-256. */
export function fileOf(path: string, content: string | Uint8Array): string {
  return `${path} ${createHash("sha256").update(content).digest("hex")}`;
}
