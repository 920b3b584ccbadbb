/**
 * The API's document: OpenAPI 3.1, made of the schemas that check requests and type answers.
 *
 * @module
 */
import type { z } from "zod";
import type { Config } from "../config.ts";
import { version } from "../version.ts";
import { everyRoute, methodNotAllowed, notFound, orPage } from "./answers.ts";
import { headers } from "./headers.ts";
import { toJsonSchema } from "./json_schema.ts";
import type { Answer, Content, HeaderName, Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import { schemes } from "./security.ts";
import type {
  HeaderObject,
  MediaTypeObject,
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  ResponseObject,
} from "./specification.ts";

const DESCRIPTION = `
Takes coverage archives from CI, answers with a repository's coverage on every branch, and keeps the
reports browsable.

A path may end in a slash. \`HEAD\` is possible wherever \`GET\` is. What is at no path of these is
answered as \`components.responses.NotFound\`, what has no such method as
\`components.responses.MethodNotAllowed\`. In a list, a badge or a comparison an empty parameter
counts as not given. Where a browser has followed a link (\`Accept: text/html\`), a refusal is a page.
`.trim();

const TAGS = [
  { name: "Coverage", description: "Numbers: to upload them, and to ask for them." },
  { name: "Reports", description: "The reports that were uploaded, as their tools made them." },
  { name: "Server", description: "The server itself." },
];

/** The path of a route, as OpenAPI writes it. */
export function templateOf(path: string): string {
  return path.replace("{/*}?", "/{path}").replaceAll(/:(\w+)(\([^)]*\))?/g, "{$1}");
}

/** Makes the document, but for where the server is, which a request may have to tell. */
export function createDocument({ auth }: Pick<Config, "auth">): OpenApiDocument {
  const schemas: Record<string, object> = {};
  const convert: Convert = (schema) => toJsonSchema(schema, schemas);
  const security = [
    ...[...auth.methods].map((method) => ({ [method]: [] })),
    ...(auth.methods.size === 0 || auth.local ? [{}] : []),
  ];
  const paths: OpenApiDocument["paths"] = {};
  for (const operation of operations) {
    const path = paths[templateOf(operation.path)] ??= {};
    path[operation.method.toLowerCase()] = describe(operation, { convert, security });
  }
  return {
    openapi: "3.1.1",
    info: { title: "Coverage server", version, description: DESCRIPTION },
    tags: TAGS,
    paths,
    components: {
      responses: {
        NotFound: responseOf(orPage(404, notFound), convert),
        MethodNotAllowed: responseOf(methodNotAllowed, convert),
      },
      schemas,
      securitySchemes: Object.fromEntries([...auth.methods].map((name) => [name, schemes[name]])),
    },
  };
}

type Convert = (schema: z.ZodType) => object;

/** How schemas are converted, and which credentials there are. */
interface Means {
  readonly convert: Convert;
  readonly security: Record<string, string[]>[];
}

function describe(operation: Operation, { convert, security }: Means): OperationObject {
  const { pathFields, query, requestHeaders = {}, body, description } = operation;
  const parameters = [
    ...parametersOf(pathFields, "path", convert),
    ...parametersOf(query, "query", convert),
    ...Object.entries(requestHeaders).map(([name, description]): ParameterObject => ({
      name,
      in: "header",
      required: false,
      description,
      schema: { type: "string" },
    })),
  ];
  const answers = { ...everyRoute, ...operation.answers };
  return {
    tags: [operation.tag],
    operationId: operation.id,
    summary: operation.summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { ...body, required: true, content: contentOf(body.content, convert) } }
      : {}),
    ...(operation.needsCredential ? { security } : {}),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        responseOf(operation.method === "GET" ? orPage(Number(status), answer) : answer, convert),
      ]),
    ),
  };
}

function parametersOf(
  fields: z.ZodObject | undefined,
  place: "path" | "query",
  convert: Convert,
): ParameterObject[] {
  if (!fields) return [];
  const { properties = {}, required = [] } = convert(fields) as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function responseOf(answer: Answer, convert: Convert): ResponseObject {
  const named = (names: readonly HeaderName[] = [], required: boolean) =>
    names.map((name): [string, HeaderObject] => [name, { ...headers[name], required }]);
  const entries = [
    ...named([...answer.headers ?? [], "X-Request-Id"], true),
    ...named(answer.optionalHeaders, false),
  ];
  return {
    description: answer.description,
    headers: Object.fromEntries(entries),
    ...(answer.content ? { content: contentOf(answer.content, convert) } : {}),
  };
}

function contentOf(content: Content, convert: Convert): Record<string, MediaTypeObject> {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      schema ? { schema: convert(schema) } : {},
    ]),
  );
}
