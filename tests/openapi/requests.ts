/**
 * Makes requests of what the document says of an operation: good ones by its examples, and bad ones
 * by its schemas.
 *
 * @module
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Operation, Schema } from "./contract.ts";

/** A request, and what the document has it come to. */
export interface Call {
  /** What it is, for the message of a failed test. */
  what: string;
  path: string;
  init: RequestInit;
  expected: "done" | "refused";
}

/** What the document cannot know. */
export interface Known {
  /** An archive to upload. */
  archive: Uint8Array<ArrayBuffer>;
  /** Values of names in a path, by operation and name, in place of the examples. */
  names: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Values of which every rule of a schema refuses one. */
const SUSPECTS = [
  ...["", " ", "..", ".", "a b", "\u0001", "\0", "~^:", "archive", "no such thing"],
  ...["x".repeat(33), "x".repeat(300), "x".repeat(5000), "0", "-1", "1.5", "99999999999"],
];
/** For JSON, which has other values than text. */
const JSON_SUSPECTS = [null, 5, {}, [], [5]];
const RULES = ["allOf", "enum", "maxLength", "maximum", "pattern"];

type Values = Record<string, unknown>;

const ajv = new Ajv2020({ strict: false, logger: false });
addFormats.default(ajv);

/** Every request that is worth making of an operation. */
export function callsOf(
  { path, method }: { path: string; method: string },
  operation: Operation,
  known: Known,
): Call[] {
  const parameters = operation.parameters ?? [];
  const examples = (place: string, onlyRequired = false): Values =>
    Object.fromEntries(
      parameters.filter((one) => one.in === place && (one.required || !onlyRequired))
        .map(({ name, schema }) => [name, exampleOf(schema)]),
    );
  const names = { ...examples("path"), ...known.names[operation.operationId] };
  const query = examples("query"), required = examples("query", true);
  const call = (
    what: string,
    expected: Call["expected"],
    made: { names?: Values; query?: Values; init?: RequestInit } = {},
  ): Call => ({
    what: `${operation.operationId}, ${what}`,
    path: pathOf(path, made.names ?? names, made.query ?? query),
    init: { method: method.toUpperCase(), ...made.init },
    expected,
  });

  const bodies = goodBodies(operation, known);
  const init = bodies[0]?.init ?? {};
  return [
    ...(bodies.length === 0
      ? [call("whole", "done"), call("what is required", "done", { query: required })]
      : bodies.map(({ type, init }) => call(`whole, by ${type}`, "done", { init }))),
    ...Object.keys(required).map((name) =>
      call(`without ${name}`, "refused", { query: without(query, name), init })
    ),
    ...parameters.flatMap(({ name, in: place, schema }) =>
      place === "header"
        ? []
        : suspectsOf(schema, place).map((value) =>
          call(`${name} is ${short(value)}`, "refused", {
            init,
            ...(place === "path"
              ? { names: { ...names, [name]: value } }
              : { query: { ...query, [name]: value } }),
          })
        )
    ),
    ...badBodies(operation, known).map(({ what, ...made }) => call(what, "refused", made)),
  ];
}

function exampleOf(schema: Schema): unknown {
  const [example] = schema.examples ?? (schema.enum as unknown[] | undefined) ?? [];
  return example ?? schema.default ?? schema.minimum ?? "anything";
}

/** The suspects that a schema refuses. Throws where it has a rule and none of them breaks it. */
function suspectsOf(schema: Schema, place: "path" | "query" | "form"): string[] {
  const validate = ajv.compile(schema);
  // An empty parameter counts as not given; some names in a path make it another one.
  const meaningless = { form: /^$(?!)/, query: /^$/, path: /^(\.*|archive)$/ }[place];
  const possible = SUSPECTS.filter((value) => !meaningless.test(value));
  const isNumber = (value: string) => schema.type === "integer" && value.trim() !== "";
  const refused = possible.filter((value) => !validate(isNumber(value) ? Number(value) : value));
  if (refused.length === 0 && RULES.some((rule) => rule in schema)) {
    throw new Error(`No suspect breaks ${JSON.stringify(schema)}.`);
  }
  return refused;
}

/** A good body of each media type. */
function goodBodies({ requestBody }: Operation, known: Known) {
  return Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => ({
    type,
    init: bodyOf(type, examplesOf(schema), known.archive),
  }));
}

/** Bodies with a part missing or ill-formed, those that are none of their type, and none at all. */
function badBodies(
  { requestBody }: Operation,
  known: Known,
): { what: string; init: RequestInit; query?: Values }[] {
  if (!requestBody) return [];
  return [
    { what: "no body", init: {} },
    ...Object.entries(requestBody.content).flatMap(([type, { schema }]) => [
      { what: `garbage as ${type}`, init: { body: "garbage", headers: { "content-type": type } } },
      ...badFields(type, schema).map(({ what, fields, archive = known.archive }) => ({
        what: `${type}, ${what}`,
        init: bodyOf(type, fields, archive),
        // What the query says goes before what a form says.
        ...(type === "multipart/form-data" ? { query: {} } : {}),
      })),
    ]),
  ];
}

function badFields(
  type: string,
  schema: Schema = {},
): { what: string; fields: Values; archive?: null }[] {
  const fields = examplesOf(schema);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    if (property.format === "binary") return [{ what: `without ${name}`, fields, archive: null }];
    const isGood = ajv.compile(property);
    const values = type === "multipart/form-data"
      ? suspectsOf(property, "form")
      : [...SUSPECTS, ...JSON_SUSPECTS].filter((value) => !isGood(value));
    return [
      ...(schema.required?.includes(name)
        ? [{ what: `without ${name}`, fields: without(fields, name) }]
        : []),
      ...values.map((value) => ({
        what: `${name} is ${short(value)}`,
        fields: { ...fields, [name]: value },
      })),
    ];
  });
}

function examplesOf(schema: Schema | undefined): Values {
  return Object.fromEntries(
    Object.entries(schema?.properties ?? {})
      .filter(([, property]) => property.format !== "binary")
      .map(([name, property]) => [name, exampleOf(property)]),
  );
}

function bodyOf(
  type: string,
  fields: Values,
  archive: Uint8Array<ArrayBuffer> | null,
): RequestInit {
  const headers = { "content-type": type };
  if (type === "application/json") return { body: JSON.stringify(fields), headers };
  if (type !== "multipart/form-data") return { body: archive, headers };
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
  if (archive) form.set("file", new Blob([archive]), "coverage.tar.gz");
  return { body: form };
}

function pathOf(template: string, names: Values, query: Values): string {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = String(names[name]);
    // Of all names only `path` may hold slashes.
    return name === "path"
      ? value.split("/").map(encodeURIComponent).join("/")
      : encodeURIComponent(value);
  });
  const given = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}

function without(values: Values, name: string): Values {
  const { [name]: _, ...others } = values;
  return others;
}

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 30 ? `${text.slice(0, 30)}… (${text.length})` : text;
}
