/**
 * What an operator has to mend.
 *
 * @module
 */

/** The server cannot start; the message says, in sentences, what to do about it. */
export class OperatorError extends Error {
  /** The class's name. */
  override readonly name: string = "OperatorError";
}
