/**
 * Makes sure that a request says what it is about before its body is read.
 *
 * @module
 */
import { unprocessable } from "../errors.ts";
import type { Subject } from "./grant.ts";

/**
 * The fields that a credential is checked for. Throws 422 for those that are missing: a form may hold
 * the others, but its body is not read for somebody who may not be allowed to send it.
 */
export function requireFields<Field extends "org_name" | "repo_name" | "commit_hash">(
  subject: Subject,
  ...fields: Field[]
): Record<Field, string> {
  const missing = fields.filter((field) => subject[field] === undefined);
  if (missing.length > 0) {
    throw unprocessable(Object.fromEntries(missing.map((field) => [
      field,
      `${field} is missing: it says what the credential is for, and an upload has it in the query.`,
    ])));
  }
  return Object.fromEntries(fields.map((field) => [field, subject[field]!])) as Record<
    Field,
    string
  >;
}
