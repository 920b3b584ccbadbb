/**
 * Holds answers against the document that describes them.
 *
 * @module
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { ResponseObject } from "../../src/openapi/specification.ts";

/** The document, as a client gets it. */
export interface Document {
  openapi: string;
  info: { version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, object>;
    responses: Record<string, ResponseObject>;
    securitySchemes: Record<string, object>;
  };
}

/** An operation, as a client gets it. */
export interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  security?: Record<string, string[]>[];
  responses: Record<string, ResponseObject>;
}

/** A parameter, as a client gets it. */
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  schema: Schema;
}

/** A schema, as far as requests are made of it. */
export interface Schema {
  type?: string;
  format?: string;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  [keyword: string]: unknown;
}

/** Headers that are for caches, browsers and connections, which clients need not know of. */
const OF_TRANSPORT =
  /^(access-control-.*|cache-control|content-(?!range).*|cross-origin-.*|date|referrer-policy|vary|x-content-type-options)$/;

/** What the document says of answers. */
export class Contract {
  /** What was answered, as in `list 200`. */
  readonly seen = new Set<string>();
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, logger: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.#document = document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: "document", ...closed(document) as object });
  }

  /** What in an answer of an operation is not as the document says, a line for each; reads the body. */
  async complaints(
    { path, method }: { path: string; method: string },
    response: Response,
  ): Promise<string[]> {
    const { operationId, responses } = this.#document.paths[path]![method]!;
    this.seen.add(`${operationId} ${response.status}`);
    return await this.#compare(
      responses[response.status],
      ["paths", path, method, "responses", String(response.status)],
      response,
    );
  }

  /** The same for the answers that are no operation's. */
  async complaintsOfNone(
    name: "NotFound" | "MethodNotAllowed",
    response: Response,
  ): Promise<string[]> {
    const place = ["components", "responses", name];
    return await this.#compare(this.#document.components.responses[name], place, response);
  }

  async #compare(
    said: ResponseObject | undefined,
    place: string[],
    response: Response,
  ): Promise<string[]> {
    const body = await response.text();
    if (!said) return [`status ${response.status} is not in the document: ${body.slice(0, 200)}`];
    return [
      ...this.#compareHeaders(said, place, response.headers),
      ...this.#compareBody(said, place, response.headers.get("content-type"), body),
    ];
  }

  #compareHeaders(said: ResponseObject, place: string[], headers: Headers): string[] {
    const complaints: string[] = [];
    const known = new Set<string>();
    for (const [name, { required }] of Object.entries(said.headers)) {
      known.add(name.toLowerCase());
      const value = headers.get(name);
      if (value !== null) {
        complaints.push(...this.#errors([...place, "headers", name, "schema"], value));
      } else if (required) complaints.push(`the header ${name} is missing`);
    }
    for (const name of headers.keys()) {
      if (!known.has(name) && !OF_TRANSPORT.test(name)) {
        complaints.push(`the header ${name} is not in the document`);
      }
    }
    return complaints;
  }

  #compareBody(
    said: ResponseObject,
    place: string[],
    contentType: string | null,
    body: string,
  ): string[] {
    if (!said.content) return body === "" ? [] : [`there is a body: ${body.slice(0, 200)}`];
    if (contentType === null) return ["there is no Content-Type"];
    const type = contentType.split(";")[0]!.trim();
    const range = [type, "*/*"].find((range) => range in said.content!);
    if (range === undefined) return [`the Content-Type ${type} is not in the document`];
    // An answer to HEAD has the headers alone.
    if (said.content[range]!.schema === undefined || body === "") return [];
    const value = type === "application/json" ? JSON.parse(body) : body;
    return this.#errors([...place, "content", range, "schema"], value);
  }

  #errors(place: string[], value: unknown): string[] {
    const pointer = place
      .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/");
    const validate = this.#compiled.get(pointer) ??
      this.#ajv.compile({ $ref: `document#/${pointer}` });
    this.#compiled.set(pointer, validate);
    return validate(value) ? [] : [`${place.at(-2)}: ${this.#ajv.errorsText(validate.errors)}`];
  }
}

/** The document lets clients expect keys that come later; here none may come that it lacks. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  const isClosed = "properties" in copy && !("additionalProperties" in copy);
  return isClosed ? { ...copy, additionalProperties: false } : copy;
}
