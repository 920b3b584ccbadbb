/** The sentence for an operator whose database cannot be used. */
import { isDatabaseAway, OperatorError } from "../errors.ts";

/** Wrong user, password, database or privilege. */
const REFUSAL = /^(28...|3D000|42501)$/;
const READ_ONLY = "25006";
const DISK_FULL = "53100";

/** A failure of the database as a sentence for the operator; any other error as it is. */
export function forOperator(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OperatorError) return error;
  const sentence = sentenceFor(error);
  return sentence === undefined ? error : new OperatorError(sentence, { cause: error });
}

function sentenceFor(error: Error): string | undefined {
  const code = "code" in error ? String(error.code) : "";
  const { message } = error;
  if (isDatabaseAway(error)) {
    return `The database does not answer: ${message}. Is DATABASE_URL right?`;
  }
  if (REFUSAL.test(code)) return `The database refuses: ${message}. Is DATABASE_URL right?`;
  if (code === READ_ONLY) {
    return `The database is read-only: ${message}. If it is a standby, DATABASE_URL must name its primary.`;
  }
  return code === DISK_FULL ? `The database's disk is full: ${message}.` : undefined;
}
