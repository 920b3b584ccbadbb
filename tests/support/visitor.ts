// Somebody with a browser: it keeps cookies and follows redirects, to the application and to
// whoever signs people in.
import { readConfig } from "../../src/config.ts";
import type { TestApp } from "./app.ts";
import { CLIENT } from "./oidc_provider.ts";

export const PUBLIC_URL = "https://coverage.test";
export const CALLBACK = `${PUBLIC_URL}/coverages-api/login/callback`;
export const SECRET = "a secret of sessions that is long enough";

/** The configuration of an application that needs a login. */
export function loginConfig(environment: Record<string, string>) {
  return readConfig({
    HOST: "0.0.0.0",
    AUTH: "none",
    READ: "login",
    PUBLIC_URL,
    LOGIN_CLIENT_ID: CLIENT.id,
    LOGIN_CLIENT_SECRET: CLIENT.secret,
    SESSION_SECRET: SECRET,
    ...environment,
  });
}

export class Visitor {
  /** By origin and name. */
  readonly cookies = new Map<string, Map<string, string>>();
  /** Every address that it was at, the newest last. */
  readonly visited: string[] = [];

  /** `account` is the name by which it signs in where it is asked for one. */
  constructor(readonly test: TestApp, readonly account = "ada") {}

  cookiesOf(address: string): Map<string, string> {
    const { origin } = new URL(address);
    const known = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, known);
    return known;
  }

  /** The application's session cookie. */
  get session(): string | undefined {
    return this.cookiesOf(PUBLIC_URL).get("__Host-coverage-session");
  }

  /** One request, with the cookies; those of the answer are kept. */
  async send(address: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address, PUBLIC_URL);
    const cookies = this.cookiesOf(url.href);
    const headers = new Headers({ accept: "text/html" });
    if (cookies.size > 0) {
      headers.set(
        "cookie",
        [...cookies].map((one) => one.join("=")).join("; "),
      );
    }
    new Headers(init.headers).forEach((value, name) => headers.set(name, value));
    this.visited.push(url.href);
    const request = new Request(url, { ...init, headers, redirect: "manual" });
    const response = url.origin === PUBLIC_URL
      ? await this.test.app(request)
      : await fetch(request);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (value === "" || /max-age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  /** Follows redirects, and answers what the provider asks, until there is a page or `until` is next. */
  async open(
    address: string,
    { until, ...init }: RequestInit & { until?: string } = {},
  ): Promise<Response> {
    let response = await this.send(address, init);
    for (let hops = 0; hops < 20; hops++) {
      const at = this.visited.at(-1)!;
      const location = response.headers.get("location");
      if (location !== null) {
        await response.body?.cancel();
        const next = new URL(location, at).href;
        if (until !== undefined && next.startsWith(until)) {
          this.visited.push(next);
          return response;
        }
        response = await this.send(next);
      } else if (new URL(at).pathname.startsWith("/interaction/")) {
        const prompt = /name="prompt" value="(\w+)"/.exec(await response.text())![1]!;
        const body = new URLSearchParams({ prompt, login: this.account, password: "-" });
        response = await this.send(at, { method: "POST", body });
      } else return response;
    }
    throw new Error(`Too many redirects: ${this.visited.slice(-4).join(" ")}`);
  }

  /** Signs in from the page at a path; the answer is what comes after it. */
  async signIn(path = "/coverages-ui"): Promise<Response> {
    const page = await (await this.open(path)).text();
    const link = /href="([^"]*\/coverages-api\/login[^"]*)"/.exec(page)![1]!;
    return await this.open(link.replaceAll("&amp;", "&"));
  }
}

/** Sets the clock forward until it is disposed. */
export function later(seconds: number): Disposable {
  const RealDate = globalThis.Date;
  globalThis.Date = class extends RealDate {
    constructor(...given: unknown[]) {
      // @ts-expect-error: whatever Date takes
      super(...(given.length > 0 ? given : [RealDate.now() + seconds * 1000]));
    }
    static override now() {
      return RealDate.now() + seconds * 1000;
    }
  } as DateConstructor;
  return { [Symbol.dispose]: () => void (globalThis.Date = RealDate) };
}
