/**
 * The errors that people see: {@linkcode HttpError} for clients, {@linkcode OperatorError} for whoever
 * starts the server. {@linkcode classify} makes an `HttpError` of every other failure.
 */

/** What `{"error": …}` holds: one sentence, or a sentence for each wrong field. */
type ErrorBody = string | Record<string, string>;

/** How a request failed, as metrics count it. */
export type FailureReason =
  | "unauthorized"
  | "refused"
  | "too_large"
  | "busy"
  | "unavailable"
  | "disk_full"
  | "gone"
  | "failed";

const REASON_OF_STATUS: Readonly<Record<number, FailureReason>> = {
  401: "unauthorized",
  403: "unauthorized",
  413: "too_large",
  429: "busy",
  503: "unavailable",
  507: "disk_full",
};

/** An answer that tells the client what to change: a status, and a sentence with the actual and allowed value. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly body: ErrorBody;
  /** Headers that belong to the answer, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly reason: FailureReason;
  /** Whose page a person may go on to. */
  readonly repository: { org_name: string; repo_name: string } | undefined;

  /** `cause` is logged and never sent. `reason` follows from the status unless given. */
  constructor(
    status: number,
    body: ErrorBody,
    { cause, headers = {}, reason, repository }: {
      cause?: unknown;
      headers?: Record<string, string>;
      reason?: FailureReason;
      repository?: { org_name: string; repo_name: string };
    } = {},
  ) {
    super(typeof body === "string" ? body : Object.values(body).join(" "), { cause });
    this.status = status;
    this.body = body;
    this.headers = headers;
    this.reason = reason ?? REASON_OF_STATUS[status] ?? (status < 500 ? "refused" : "failed");
    this.repository = repository;
  }

  toResponse(): Response {
    return Response.json({ error: this.body }, { status: this.status, headers: this.headers });
  }
}

/** 503: something the server needs is unavailable; the client may retry. */
export function unavailable(sentence: string, cause?: unknown): HttpError {
  return new HttpError(503, sentence, { cause, headers: { "retry-after": "5" } });
}

/** 422: the request was understood, and its content is not accepted. */
export function unprocessable(body: ErrorBody, cause?: unknown): HttpError {
  return new HttpError(422, body, { cause });
}

/** The operator must change something; the message says what. */
export class OperatorError extends Error {
  override readonly name: string = "OperatorError";
}

/** A command was called in a way that it does not know. */
export class UsageError extends OperatorError {
  override readonly name = "UsageError";
}

/** A handler for `catch`: rethrows a file system error as a sentence about `DATA_DIR`. */
export function unusable(folder: string): (error: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new OperatorError(`${folder} cannot be used: ${reason}. Is DATA_DIR right?`, { cause });
  };
}

/**
 * The answer to any error. The commit status, the metrics and the log use the same
 * result, so that all of them tell the same story. An unexpected error is a bug: the client only
 * learns the id under which the log has the details.
 */
export function classify(error: unknown, requestId: string): HttpError {
  if (error instanceof HttpError) return error;
  if (isDatabaseAway(error)) {
    return unavailable("The database is not available. Retry shortly.", error);
  }
  if (isDiskFull(error) || isDatabaseFull(error)) {
    return new HttpError(
      507,
      "The server's disk is full. Nothing was stored; its operator must free space.",
      { cause: error },
    );
  }
  if (isDiskUnusable(error)) {
    return unavailable(
      "The server cannot read or write its disk. Its operator must fix that.",
      error,
    );
  }
  const sentence = `The server failed to answer request ${requestId}; its log has the details.`;
  return new HttpError(500, sentence, { cause: error });
}

/** Set on an error of our own: the database did not answer in time. */
export const NO_ANSWER = "NO_ANSWER";

/**
 * Failures of the connection, and a database that is starting, stopping or out of connections:
 * postgres.js, the system, and https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */
const DATABASE_AWAY = new Set([
  ...["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED", "CONNECT_TIMEOUT"],
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "ENOTFOUND", "EPIPE", "ETIMEDOUT"],
  NO_ANSWER,
  ...["57P01", "57P02", "57P03", "53300", "08000", "08003", "08006"],
  "57014", // canceled by statement_timeout
]);

/** Whether the database cannot be reached now, as opposed to a statement that is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!("code" in error)) return isDatabaseAway(error.cause);
  // A Unix socket that is gone; the same code on a file says nothing about the database.
  const noSocket = error.code === "ENOENT" && "syscall" in error && error.syscall === "connect";
  return noSocket || DATABASE_AWAY.has(String(error.code));
}

function isDatabaseFull(error: unknown): boolean {
  return hasCode(error, ["53100"]);
}

function isDiskFull(error: unknown): boolean {
  return hasCode(error, ["ENOSPC", "EDQUOT"]);
}

/** Read-only, forbidden or broken, or too many open files. */
function isDiskUnusable(error: unknown): boolean {
  return hasCode(error, ["EROFS", "EACCES", "EIO", "EMFILE", "ENFILE"]);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** At most `length` UTF-16 units of a text. */
export function clip(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** "1 upload", "2 uploads". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A name from outside, safe in a message: quoted, escaped and clipped. */
export function quote(name: string): string {
  return JSON.stringify(clip(name));
}
