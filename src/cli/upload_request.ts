/** Requests of an upload: repeated while the failure is temporary. */
import { clip, OperatorError } from "../errors.ts";

const TRIES = 4;
const MAX_WAIT_SECONDS = 60;
const TEMPORARY = new Set([0, 408, 429, 500, 502, 503, 504]);
/** A server gives a body ten minutes by default. */
const TRY_MS = 15 * 60_000;

interface RequestOptions {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body of a try; `failed` is to be called where it cannot be made. */
  readonly body?: (failed: (error: Error) => void) => BodyInit;
}

/** The text of the answer. Throws an `OperatorError` that says why there is none. */
export async function requestText(address: string, options: RequestOptions = {}): Promise<string> {
  const { method = "GET", token, headers, body } = options;
  for (let tries = 1;; tries++) {
    let unmade: Error | undefined; // of which fetch says only that it failed
    const { status, text, wait } = await fetch(address, {
      method,
      headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: body?.((error) => unmade = error) ?? null,
      redirect: "manual",
      signal: AbortSignal.timeout(TRY_MS),
    }).then(async (response) => ({
      status: response.status,
      text: response.headers.get("location") ?? await response.text(),
      wait: Number(response.headers.get("retry-after") ?? NaN),
    })).catch((error) => ({ status: 0, text: String(error.cause ?? error.message), wait: NaN }));
    if (unmade) throw new OperatorError(`The report cannot be packed: ${unmade.message}`);
    if (status >= 200 && status < 300) return text;
    if (!TEMPORARY.has(status) || tries === TRIES) {
      throw new OperatorError(refusal(new URL(address).host, status, text));
    }
    const seconds = Number.isNaN(wait) ? 2 ** (tries - 1) : Math.min(wait, MAX_WAIT_SECONDS);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** The same for an answer in JSON; null for one without a body. */
// deno-lint-ignore no-explicit-any -- whatever the address answers
export async function requestJson(address: string, options?: RequestOptions): Promise<any> {
  const text = await requestText(address, options);
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    throw new OperatorError(`${address} does not answer with JSON. Is the address right?`);
  }
}

/** `COVERAGE_TOKEN`, or the OIDC token that GitHub gives to a job for the audience. */
export async function credential(
  env: Readonly<Record<string, string | undefined>>,
  audience: string,
): Promise<string | undefined> {
  if (env.COVERAGE_TOKEN) return env.COVERAGE_TOKEN.trim();
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!url || !token) return;
  const address = new URL(url);
  address.searchParams.set("audience", audience);
  const { value } = await requestJson(address.href, { token }) ?? {};
  if (typeof value !== "string") throw new OperatorError("GitHub did not issue an OIDC token.");
  return value;
}

function refusal(host: string, status: number, text: string): string {
  if (status === 0) return `${host} cannot be reached: ${text}`;
  if (status < 400) return `${host} redirects to ${text}; use that address.`;
  let sentence = clip(text);
  try {
    const { error } = JSON.parse(text);
    sentence = typeof error === "object" ? Object.values(error).join(" ") : error ?? sentence;
  } catch {
    // A proxy's page.
  }
  return `${host} refused with status ${status}: ${sentence}`;
}
