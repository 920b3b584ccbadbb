/**
 * Which GitHub is asked.
 *
 * @module
 */
import { quote, unprocessable } from "../errors.ts";

/**
 * The address among `allowed` that a request names, with or without its scheme. Throws 422 for any
 * other: a request chooses among those of the operator, and never adds one.
 */
export function chooseApiUrl(given: string | undefined, allowed: readonly string[]): string {
  const [only] = allowed;
  if (given === undefined && allowed.length === 1) return only!;
  const found = given === undefined ? undefined : allowed.find((url) =>
    // Compared as text, so that nothing which a parser may understand in another way gets through.
    [url, url.replace(/^https?:\/\//, "")].some((text) =>
      text.toLowerCase() === given.replace(/\/$/, "").toLowerCase()
    )
  );
  if (found) return found;
  throw unprocessable({
    github_api_url: given === undefined
      ? `github_api_url is missing; it must be one of ${allowed.join(", ")}.`
      : `github_api_url is ${quote(given)}; it must be one of ${allowed.join(", ")}.`,
  });
}
