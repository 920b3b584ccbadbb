/**
 * The errors that a client is told about, and the one place that turns any error into a response.
 *
 * @module
 */

import { z } from "zod";

/**
 * The body of most refusals.
 *
 * @internal
 */
export const errorAnswerBody = z.object({
  error: z.string().meta({
    description: "A sentence with what was wrong and what is allowed.",
    examples: ["What was wrong, and what is allowed."],
  }),
}).meta({ id: "Error" });

/**
 * The body of a refusal for ill-formed fields.
 *
 * @internal
 */
export const fieldErrorsBody = z.object({
  error: z.record(z.string(), z.string()).meta({
    description: "For each field that is missing or ill-formed, a sentence.",
    examples: [{ commit_hash: 'commit_hash is "?"; it must be 4 to 64 of 0-9 A-Z a-z ..' }],
  }),
}).meta({ id: "FieldErrors" });

/**
 * What `{"error": …}` holds: a sentence, or one per ill-formed field.
 *
 * @internal
 */
export type ErrorBody = z.infer<typeof errorAnswerBody | typeof fieldErrorsBody>["error"];

/** A refusal that the client can act on: a status, and a sentence with the actual and allowed value. */
export class HttpError extends Error {
  /** The HTTP status, 400 to 599. */
  readonly status: number;
  /** What the answer's `error` key holds. */
  readonly body: ErrorBody;
  /** Headers that belong to the answer, such as `Retry-After`. */
  readonly headers: Record<string, string>;

  /** `cause` is logged and never sent. */
  constructor(
    status: number,
    body: ErrorBody,
    options: { cause?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(typeof body === "string" ? body : Object.values(body).join(" "), {
      cause: options.cause,
    });
    this.name = "HttpError";
    this.status = status;
    this.body = body;
    this.headers = options.headers ?? {};
  }
}

/** 503: something the server needs is away for the moment. */
export function unavailable(sentence: string, cause?: unknown): HttpError {
  return new HttpError(503, sentence, { cause, headers: { "retry-after": "5" } });
}

/** 422: the request was understood and what it holds is refused. */
export function unprocessable(body: ErrorBody, cause?: unknown): HttpError {
  return new HttpError(422, body, { cause });
}

/** What a failed request is answered. */
export interface ErrorAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** What went wrong. */
  readonly body: ErrorBody;
  /** Headers that belong to it. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What a failed request is answered, whatever it looks like. An error nobody foresaw is a bug: the client learns only the
 * request's id, under which the log has the rest.
 */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof HttpError) return error;
  const body = `The server failed to answer request ${requestId}; its log says why.`;
  return { status: 500, body, headers: {} };
}

/** The answer to a failed request, for programs. */
export function errorResponse({ status, body, headers }: ErrorAnswer): Response {
  return Response.json({ error: body } satisfies { error: ErrorBody }, { status, headers });
}
