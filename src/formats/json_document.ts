/** Reads a JSON document with the format that its keys tell. */
import { jsonParser, type Token } from "stream-json/core/parser.js";
import { clip, quote } from "../errors.ts";
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonReader } from "./format.ts";
import { unknownKeys } from "./formats.ts";
import type { LineCollector } from "./line_collector.ts";

/** Objects and arrays within each other; coverage files have about 8. */
const MAX_DEPTH = 64;
/** Characters of a key, which is held whole, and between the ends of two values. */
const MAX_TOKEN = 1024 * 1024;
/** Characters of a string that are handed on; a name is shorter, and a source map is not wanted. */
const MAX_STRING = 16 * 1024;
/** Keys and array elements in which a format must be recognised. */
const MAX_UNKNOWN = 10_000;
/** First keys that a message names. */
const MAX_NAMED = 5;

/** Throws `CoverageError` for what is not valid JSON or of no known format, and what `text` throws. */
export async function readJson(
  text: AsyncIterable<string>,
  formats: readonly JsonFormat[],
  lines: LineCollector,
): Promise<ParsedCoverage> {
  const walk = new JsonWalk(formats, lines);
  // Strings come in pieces: what nobody wants is not gathered.
  const parse = jsonParser({ packStrings: false, streamKeys: false, streamNumbers: false });
  let sinceToken = 0;
  for await (const piece of text) {
    let output;
    try {
      output = parse(piece);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reason = error.message.replace(/^Parser (?:cannot parse input: |has )/, "");
      throw new CoverageError(`is not valid JSON: ${clip(reason)}${walk.place()}`, {
        cause: error,
      });
    }
    const tokens = output === null || typeof output === "symbol" ? [] : output.values;
    sinceToken = tokens.length > 0 ? 0 : sinceToken + piece.length;
    if (sinceToken > MAX_TOKEN) {
      throw new CoverageError(`has a single key or number of more than ${MAX_TOKEN} characters`);
    }
    for (const token of tokens) walk.read(token);
  }
  return walk.result();
}

/** Follows the tokens, and calls the reader with each value and its path. */
class JsonWalk {
  readonly #path: (string | number)[] = [];
  #reader: JsonReader | undefined;
  #unknown = 0;
  #isComplete = false;
  readonly #firstKeys: string[] = [];
  #string = "";

  constructor(
    private readonly formats: readonly JsonFormat[],
    private readonly lines: LineCollector,
  ) {}

  read(token: Token): void {
    const path = this.#path;
    switch (token.name) {
      case "keyValue":
        path[path.length - 1] = token.value;
        if (path.length === 1 && this.#firstKeys.length < MAX_NAMED) {
          this.#firstKeys.push(token.value.slice(0, 100));
        }
        if (!this.#reader) this.#open();
        return;
      case "numberValue":
        return this.#value(Number(token.value));
      case "startString":
        this.#string = "";
        return;
      case "stringChunk":
        if (this.#string.length < MAX_STRING) this.#string += token.value;
        return;
      case "endString":
        return this.#value(this.#string);
      case "trueValue":
      case "falseValue":
      case "nullValue":
        return this.#value(token.value);
      case "startObject":
      case "startArray":
        this.#next();
        if (path.length === MAX_DEPTH) {
          throw new CoverageError(`nests objects and arrays deeper than ${MAX_DEPTH}`);
        }
        path.push(token.name === "startArray" ? -1 : "");
        return;
      case "endObject":
      case "endArray":
        path.pop();
        if (path.length === 0) this.#isComplete = true;
        this.#reader?.end?.(path);
    }
  }

  result(): ParsedCoverage {
    if (!this.#isComplete) {
      throw new CoverageError(`is not valid JSON: it ends early${this.place()}`);
    }
    if (!this.#reader) throw unknownKeys(this.#firstKeys);
    return this.#reader.result();
  }

  /** Where the walk is, for a message. */
  place(): string {
    return this.#path.length > 0 ? ` (in ${quote(this.#path.join(" › "))})` : "";
  }

  #value(value: string | number | boolean | null): void {
    this.#next();
    this.#reader?.value(value, this.#path);
  }

  /** Before a value: counts the place in an array up. */
  #next(): void {
    const path = this.#path, last = path.length - 1;
    const place = path[last];
    if (typeof place !== "number") return;
    path[last] = place + 1;
    if (!this.#reader) this.#open();
  }

  #open(): void {
    this.#reader = this.formats.find((format) => format.matches(this.#path))?.open(this.lines);
    if (!this.#reader && ++this.#unknown > MAX_UNKNOWN) throw unknownKeys(this.#firstKeys);
  }
}
