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

/** Rethrows what the system has against a folder of `DATA_DIR`, as a sentence: a handler for `catch`. */
export function unusable(folder: string): (error: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new OperatorError(`${folder} cannot be used: ${reason}. Is DATA_DIR right?`, { cause });
  };
}
