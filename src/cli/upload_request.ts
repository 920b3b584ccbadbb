/**
 * The request of an upload: its credential, and its repetition.
 *
 * @module
 */
import { clip, OperatorError } from "../errors.ts";

const TRIES = 4;
const MAX_WAIT_SECONDS = 60;
const TEMPORARY = new Set([408, 429, 500, 502, 503, 504]);
/** A server gives a body ten minutes by default. */
const TRY_MS = 15 * 60_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** `COVERAGE_TOKEN`, or the OIDC token that GitHub gives to a job for the audience. */
export async function credential(env: Variables, audience: string): Promise<string | undefined> {
  if (env.COVERAGE_TOKEN) return env.COVERAGE_TOKEN;
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!url || !token) return;
  const address = new URL(url);
  address.searchParams.set("audience", audience);
  const { value } = await retried(address.href, {}, token);
  if (typeof value !== "string") throw new OperatorError("GitHub did not issue an OIDC token.");
  return value;
}

/** The server's answer. Throws what it says of an upload that it refuses. */
export async function send(
  address: string,
  token: string | undefined,
  body: () => ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/gzip" };
  return await retried(address, { method: "POST", headers, body }, token);
}

interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Makes the body of a try. */
  readonly body?: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}

async function retried(
  address: string,
  { body, headers, ...request }: Request,
  token: string | undefined,
): Promise<Record<string, unknown>> {
  for (let tries = 1;; tries++) {
    const { status, said, wait } = await fetch(address, {
      ...request,
      headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: body?.() ?? null,
      redirect: "manual",
      signal: AbortSignal.timeout(TRY_MS),
    }).then(async (response) => ({
      status: response.status,
      said: response.headers.get("location") ?? await response.text(),
      wait: Number(response.headers.get("retry-after") ?? NaN),
    })).catch((error) => ({ status: 0, said: reasonOf(error), wait: NaN }));
    const answer = parsed(said);
    if (status >= 200 && status < 300 && answer) return answer;
    if ((status !== 0 && !TEMPORARY.has(status)) || tries === TRIES) {
      throw new OperatorError(refusal(new URL(address).host, status, answer?.error ?? clip(said)));
    }
    const seconds = Number.isNaN(wait) ? 2 ** (tries - 1) : Math.min(wait, MAX_WAIT_SECONDS);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

function refusal(host: string, status: number, error: unknown): string {
  const sentence = typeof error === "string" ? error : Object.values(error as object).join(" ");
  if (status === 0) return `${host} cannot be reached: ${sentence}`;
  if (status < 300) return `${host} is no coverage server: ${sentence}`;
  if (status < 400) return `${host} redirects to ${sentence}; use that address.`;
  return `${host} refused with status ${status}: ${sentence}`;
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(text));
  } catch {
    return;
  }
}
