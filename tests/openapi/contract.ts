// Checks answers against the OpenAPI document.
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export interface Schema {
  type?: string | string[];
  format?: string;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  [keyword: string]: unknown;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: Schema;
}

export interface Answer {
  headers?: Record<string, { required?: boolean; schema: Schema }>;
  content?: Record<string, { schema?: Schema }>;
}

export interface Operation {
  path: string;
  method: string;
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  security?: Record<string, string[]>[];
  responses: Record<string, Answer>;
}

export interface Document {
  info: { version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Omit<Operation, "path" | "method">>>;
  components: Record<string, Record<string, object>> & { responses: Record<string, Answer> };
}

/** Headers for caches, browsers and connections, and the one that every answer has. */
const UNDOCUMENTED =
  /^(access-control-.*|cache-control|content-(?!range).*|cross-origin-.*|date|referrer-policy|vary|x-content-type-options|x-request-id)$/;

export class Contract {
  readonly operations: Operation[];
  /** Answers that were checked, such as `list 200`. */
  readonly seen = new Set<string>();
  readonly #general: Record<string, Answer>;
  readonly #ajv = addFormats.default(new Ajv2020({ strict: false, logger: false }));

  constructor(document: Document) {
    const { paths, components } = resolved(document, document) as Document;
    this.#general = components.responses;
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation }))
    );
  }

  /** What is documented and was not seen. */
  get unseen(): string[] {
    return this.operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => `${operationId} ${status}`)
    ).filter((answer) => !this.seen.has(answer));
  }

  /** How an answer differs from the document, a line each. Reads the body. */
  async differences(
    { operationId, responses }: Operation,
    response: Response,
  ): Promise<string[]> {
    this.seen.add(`${operationId} ${response.status}`);
    return await this.#compare(responses[response.status], response);
  }

  /** The same for an answer that any address can have. */
  async generalDifferences(name: string, response: Response): Promise<string[]> {
    return await this.#compare(this.#general[name], response);
  }

  async #compare(documented: Answer | undefined, response: Response): Promise<string[]> {
    const body = await response.text();
    if (!documented) return [`status ${response.status} is not documented: ${body.slice(0, 200)}`];
    return [
      ...this.#compareHeaders(documented.headers ?? {}, response.headers),
      ...this.#compareBody(documented.content, response.headers.get("content-type"), body),
    ];
  }

  #compareHeaders(documented: NonNullable<Answer["headers"]>, headers: Headers): string[] {
    const names = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
    const given = Object.entries(documented).filter(([name]) => headers.has(name));
    return [
      ...headers.has("x-request-id") ? [] : ["the header X-Request-Id is missing"],
      ...given.flatMap(([name, { schema }]) => this.#errors(schema, headers.get(name), name)),
      ...Object.entries(documented)
        .filter(([name, { required }]) => required && !headers.has(name))
        .map(([name]) => `the header ${name} is missing`),
      ...[...headers.keys()]
        .filter((name) => !names.has(name) && !UNDOCUMENTED.test(name))
        .map((name) => `the header ${name} is not documented`),
    ];
  }

  #compareBody(content: Answer["content"], contentType: string | null, body: string): string[] {
    if (!content) return body === "" ? [] : [`there is a body: ${body.slice(0, 200)}`];
    if (contentType === null) return ["there is no Content-Type"];
    const type = contentType.split(";")[0]!.trim();
    const documented = content[type] ?? content["*/*"];
    if (!documented) return [`the Content-Type ${type} is not documented`];
    // An answer to HEAD has the headers alone.
    if (!documented.schema || body === "") return [];
    const value = type === "application/json" ? JSON.parse(body) : body;
    return this.#errors(documented.schema, value, "body");
  }

  #errors(schema: Schema, value: unknown, name: string): string[] {
    if (this.#ajv.validate(schema, value)) return [];
    return [`${name}: ${this.#ajv.errorsText()}`];
  }
}

/**
 * A part of the document with its references resolved, and with objects that allow no other keys:
 * a client has to expect new keys, but this server must not have undocumented ones.
 */
function resolved(part: unknown, document: Document): unknown {
  if (Array.isArray(part)) return part.map((item) => resolved(item, document));
  if (typeof part !== "object" || part === null) return part;
  const { $ref, ...others } = part as { $ref?: string };
  if ($ref !== undefined) {
    const target = $ref.slice(2).split("/").reduce(
      (value, key) => (value as Record<string, unknown>)[key],
      document as unknown,
    );
    return { ...resolved(target, document) as object, ...others };
  }
  const copy = Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, resolved(value, document)]),
  );
  const isClosed = "properties" in copy && !("additionalProperties" in copy);
  return isClosed ? { ...copy, additionalProperties: false } : copy;
}
