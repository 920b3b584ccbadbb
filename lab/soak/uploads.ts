/**
 * Uploads without end, and what the server has said to each.
 *
 * @module
 */
import { uploadPath } from "../../tests/support/fields.ts";
import { type Cargo, makeCargo, type Manifest } from "./cargo.ts";

/** After an answer that tells to try later, as in a CI job that repeats, but sooner. */
const REPEAT_MS = 100;
const ANSWER_MS = 90_000;

/** What the server may say to a good upload while something is wrong, beside 200. */
export type Expected = ReadonlySet<number>;

/** Busy, or without what it stands on: the client repeats. */
export const BUSY: Expected = new Set([429, 503]);
/** Moreover the disk may be full. */
export const FULL: Expected = new Set([...BUSY, 507]);

/** The uploads of a scenario. */
export class Uploads {
  readonly #seed: number;
  #next = 1;
  /** All that were sent, by number. */
  readonly sent = new Map<number, Manifest>();
  /** Those that were answered 200: the number, by the row's id. */
  readonly acknowledged = new Map<number, number>();
  /** How often each other answer came; 0: none, because the connection broke. */
  readonly others = new Map<number, number>();
  /** A sentence for each answer that no server may give. */
  readonly problems: string[] = [];

  /** What is sent follows from the seed. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** What another upload would be; {@linkcode send} it or not. */
  async make(): Promise<Cargo> {
    return await makeCargo(this.#seed, this.#next++);
  }

  /** Sends a report; returns the status, or 0 where the connection broke. */
  async send(
    address: string,
    cargo: Cargo,
    expected: Expected = BUSY,
    client?: Deno.HttpClient,
  ): Promise<number> {
    const { number, fields, percentage, files } = cargo;
    this.sent.set(number, { number, fields, percentage, files }); // the body is not kept
    const { status, row } = await this.#answer(address, cargo, expected, client);
    if (row !== undefined) this.acknowledged.set(row, number);
    else this.others.set(status, (this.others.get(status) ?? 0) + 1);
    return status;
  }

  /** Uploads in so many lanes, each one after the other, until it is stopped. */
  continuously(
    address: string,
    { lanes = 6, expected = BUSY }: { lanes?: number; expected?: Expected } = {},
  ): { stop(): Promise<void> } {
    let isOver = false;
    const lane = async () => {
      while (!isOver) {
        const status = await this.send(address, await this.make(), expected);
        if (status !== 200) await new Promise((resolve) => setTimeout(resolve, REPEAT_MS));
      }
    };
    const running = Promise.all(Array.from({ length: lanes }, lane));
    return {
      async stop() {
        isOver = true;
        await running;
      },
    };
  }

  /** The other answers, for the table. */
  get refusals(): string {
    const counts = [...this.others].sort(([one], [other]) => one - other)
      .map(([status, count]) => `${count} × ${status || "no answer"}`);
    return counts.length > 0 ? `, ${counts.join(", ")}` : "";
  }

  async #answer(
    address: string,
    { number, fields, body, type, percentage }: Cargo,
    expected: Expected,
    client: Deno.HttpClient | undefined,
  ): Promise<{ status: number; row?: number }> {
    const wrong = (what: string) => this.problems.push(`upload ${number} was answered ${what}`);
    let response: Response, text: string;
    try {
      response = await fetch(`${address}${uploadPath(fields)}`, {
        method: "POST",
        headers: { "content-type": type },
        body,
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(client ? { client } : {}),
      });
      text = await response.text();
    } catch (error) {
      if (error instanceof DOMException) wrong(`nothing within ${ANSWER_MS / 1000} seconds`);
      return { status: 0 };
    }
    const { status } = response;
    if (status !== 200) {
      const problem = refusalProblem(response, expected);
      if (problem) wrong(`${problem}: ${text.slice(0, 300)}`);
      return { status };
    }
    const { coverage } = JSON.parse(text);
    if (coverage.percentage !== percentage) {
      wrong(`${coverage.percentage} %, and its file has ${percentage} %`);
    }
    return { status, row: coverage.id };
  }
}

/** What is wrong with an answer other than 200; nothing where it is expected, and says when to repeat. */
export function refusalProblem(response: Response, expected: Expected): string | undefined {
  const { status, headers } = response;
  if (!expected.has(status)) return String(status);
  if (BUSY.has(status) && !headers.has("retry-after")) return `${status} without Retry-After`;
  return undefined;
}
