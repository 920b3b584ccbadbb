// Makes requests from the OpenAPI document: good ones from its examples, bad ones from its schemas.
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Operation, Schema } from "./contract.ts";

export interface Call {
  /** For the message of a failed test. */
  what: string;
  path: string;
  init: RequestInit;
  isGood: boolean;
}

/** Every rule of every schema has to refuse one of these. */
const SUSPECTS = [
  ...["", " ", "..", "a b", "\u0001", "\0", "archive", "no such thing"],
  ...["x".repeat(33), "x".repeat(300), "x".repeat(5000), "0", "-1", "1.5", "99999999999"],
];
const RULES = ["enum", "maxLength", "maximum", "pattern"];
const FORM = "multipart/form-data";
const URLENCODED = "application/x-www-form-urlencoded";

type Values = Record<string, unknown>;
type Body = { type: string; fields: Values } | undefined;
interface Input {
  path: Values;
  query: Values;
  body: Body;
}

const ajv = new Ajv2020({ strict: false, logger: false });

/** The good requests of an operation, the most complete first, and then the bad ones. */
export function callsOf(operation: Operation, archive: Uint8Array<ArrayBuffer>): Call[] {
  const { operationId, path, method, parameters = [], requestBody } = operation;
  const examples = (place: string, onlyRequired = false): Values =>
    Object.fromEntries(
      parameters.filter((one) => one.in === place && (one.required || !onlyRequired))
        .map(({ name, schema }) => [name, exampleOf(schema)]),
    );
  const minimal = examples("query", true);
  const schemas = Object.entries(requestBody?.content ?? {})
    .map(([type, { schema: { properties = {}, required = [] } = {} }]) => ({
      type,
      properties,
      required,
    }))
    .reverse(); // the archive itself first, for which all fields are in the query
  const bodies: Body[] = schemas.map(({ type, properties }) => ({
    type,
    fields: Object.fromEntries(
      Object.entries(properties)
        .map(([name, one]) => [name, one.format === "binary" ? archive : exampleOf(one)]),
    ),
  }));
  const base: Input = { path: examples("path"), query: examples("query"), body: bodies[0] };

  const calls: Call[] = [];
  const add = (isGood: boolean, what: string, changes: Partial<Input> = {}) => {
    const { path: names, query, body } = { ...base, ...changes };
    calls.push({
      what: `${operationId}, ${what}`,
      path: pathOf(path, names, query),
      init: { method: method.toUpperCase(), ...body && initOf(body, archive) },
      isGood,
    });
  };
  add(true, "complete");
  for (const body of bodies) {
    add(true, `with ${body!.type}`, { body, query: body!.type === FORM ? minimal : base.query });
  }
  if (!requestBody) add(true, "minimal", { query: minimal });
  for (const { name, in: place, schema, required } of parameters) {
    if (place === "header") continue;
    for (const value of refused(schema, place)) {
      add(false, `${name} is ${value}`, { [place]: { ...base[place], [name]: value } });
    }
    if (place === "query" && required) {
      add(false, `without ${name}`, { query: without(base.query, name) });
    }
  }
  if (requestBody) add(false, "without a body", { body: undefined });
  for (const { type, properties, required } of schemas) {
    if (type !== "application/json" && type !== FORM && type !== URLENCODED) continue;
    const { fields } = bodies.find((body) => body!.type === type)!;
    const query = type === FORM ? minimal : base.query;
    for (const name of required) {
      add(false, `without ${name}`, { query, body: { type, fields: without(fields, name) } });
    }
    for (const [name, schema] of Object.entries(properties)) {
      // In a form a single text is a list of one.
      if (type !== "application/json" && schema.type === "array") continue;
      for (const value of refused(schema, type === FORM ? "form" : "body")) {
        const body = { type, fields: { ...fields, [name]: value } };
        add(false, `${type}, ${name} is ${value}`, { query, body });
      }
    }
  }
  return calls;
}

/** Whether a field is given once for each item, as in a query; a list in JSON has an example of its own. */
function isRepeated(schema: Schema): schema is Schema & { items: Schema } {
  return schema.items !== undefined && schema.examples === undefined;
}

function exampleOf(schema: Schema): unknown {
  if (isRepeated(schema)) return exampleOf(schema.items);
  const [example] = schema.examples ?? (schema.enum as unknown[] | undefined) ?? [];
  return example ?? schema.default ?? schema.minimum ?? "anything";
}

/** The suspects that a schema refuses. Throws if it has a rule and refuses none. */
function refused(schema: Schema, place: "path" | "query" | "body" | "form"): string[] {
  if (isRepeated(schema)) return refused(schema.items, place);
  if (schema.format === "binary") return [];
  // An empty parameter counts as not given; some names in a path make it another path.
  const skipped = { body: /$^(?!)/, form: /^$/, query: /^$/, path: /^(\.*|archive)$/ }[place];
  const typed = (text: string) => schema.type === "integer" && text.trim() ? Number(text) : text;
  const values = SUSPECTS.filter((text) =>
    !skipped.test(text) && !ajv.validate(schema, typed(text))
  );
  if (values.length === 0 && RULES.some((rule) => rule in schema)) {
    throw new Error(`No suspect breaks ${JSON.stringify(schema)}.`);
  }
  return values;
}

function initOf(
  { type, fields }: NonNullable<Body>,
  archive: Uint8Array<ArrayBuffer>,
): RequestInit {
  const headers = { "content-type": type };
  if (type === "application/json") return { body: JSON.stringify(fields), headers };
  if (type !== FORM && type !== URLENCODED) return { body: archive, headers };
  const form = type === FORM ? new FormData() : new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === archive && form instanceof FormData) {
      form.set(name, new Blob([archive]), "coverage.tar.gz");
    } else for (const text of [value].flat()) form.append(name, String(text));
  }
  return { body: form };
}

function pathOf(template: string, names: Values, query: Values): string {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const encoded = encodeURIComponent(String(names[name]));
    return name === "path" ? encoded.replaceAll("%2F", "/") : encoded;
  });
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return pairs.length > 0 ? `${path}?${new URLSearchParams(pairs)}` : path;
}

function without(values: Values, name: string): Values {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
}
