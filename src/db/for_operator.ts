/**
 * The sentence for an operator whose database cannot be used.
 *
 * @module
 */
import { isDatabaseAway, OperatorError } from "../errors.ts";

/** Wrong user, password, database or privilege. */
const REFUSAL = /^(28...|3D000|42501)$/;

/** A failure of the database as a sentence for the operator; any other error as it is. */
export function forOperator(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OperatorError) return error;
  const verb = isDatabaseAway(error)
    ? "does not answer"
    : "code" in error && REFUSAL.test(String(error.code))
    ? "refuses"
    : undefined;
  if (!verb) return error;
  const sentence = `The database ${verb}: ${error.message}. Is DATABASE_URL right?`;
  return new OperatorError(sentence, { cause: error });
}
