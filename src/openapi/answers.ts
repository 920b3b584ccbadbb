/**
 * The answers that several routes have.
 *
 * @module
 */
import { z } from "zod";
import { errorAnswerBody, fieldErrorsBody } from "../model/error_answer.ts";
import type { Answer, Content } from "./operation.ts";

const JSON_TYPE = "application/json";

/**
 * An answer with JSON.
 *
 * @internal
 */
export function ok(description: string, schema: z.ZodType): Answer {
  return { description, content: { [JSON_TYPE]: schema } };
}

/** A refusal with a sentence. */
export function refusal(description: string, more: Omit<Answer, "description"> = {}): Answer {
  return { description, content: { [JSON_TYPE]: errorAnswerBody }, ...more };
}

/** Fields are missing or ill-formed. */
export const illFormed: Answer = {
  description: "A field is missing or ill-formed.",
  content: { [JSON_TYPE]: fieldErrorsBody },
};

/** Either of fields or of what they are about. */
export function unprocessable(description: string): Answer {
  return { description, content: { [JSON_TYPE]: z.union([fieldErrorsBody, errorAnswerBody]) } };
}

/** What every route may answer. */
export const everyRoute: Readonly<Record<number, Answer>> = {
  400: refusal("The address, or the Host header, is malformed."),
  500: refusal("A bug. The sentence has the id under which the server's log says more."),
};

/** What the routes answer that ask the database. */
export const ofDatabase: Readonly<Record<number, Answer>> = {
  503: refusal("The database does not answer at the moment.", { headers: ["Retry-After"] }),
};

/** What the routes answer that ask for a credential and read a body. */
export const ofChanges: Readonly<Record<number, Answer>> = {
  401: refusal("The credential is missing or bad.", { headers: ["WWW-Authenticate"] }),
  403: refusal(
    "The credential is for another repository, or a page of another origin sends the request.",
  ),
  408: refusal("The body did not arrive in time."),
  429: refusal("Too many requests wait, or the client sent too many bad credentials.", {
    headers: ["Retry-After"],
  }),
  503: refusal(
    "The database, the disk, or who knows the credential cannot be used at the moment.",
    { headers: ["Retry-After"] },
  ),
  507: refusal("The server's disk, or its database's, is full."),
};

/** The answer with what the client may have already, and may ask about by its `ETag`. */
export function tagged(answer: Answer): Readonly<Record<number, Answer>> {
  return { 200: { ...answer, headers: ["ETag"] }, 304: notModified };
}

/** What asks about it. */
export const ifNoneMatch = { "If-None-Match": "An `ETag` that the client has." };

/** An answer that says that what the client has is still right. */
export const notModified: Answer = {
  description: "What `If-None-Match` or `If-Modified-Since` names is still right.",
  headers: ["ETag"],
};

/** Any file. */
export const anyFile: Content = { "*/*": undefined };

/** What is answered where no route is. */
export const notFound: Answer = refusal("There is nothing at this address.");

/** What is answered where a route has other methods. */
export const methodNotAllowed: Answer = refusal("The method is not possible at this address.", {
  headers: ["Allow"],
});

/** A refusal of `GET`, which is a page for whoever has followed a link to it. */
export function orPage(status: number, answer: Answer): Answer {
  if (status < 400) return answer;
  return { ...answer, content: { ...answer.content, "text/html": z.string() } };
}
