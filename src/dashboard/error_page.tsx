/** An error, for people. */
import type { HttpError } from "../errors.ts";
import { errorPageHeaders } from "../http/headers.ts";
import { LOGIN_PATH } from "../model/urls.ts";
import { htmlHeaders, renderPage } from "./layout.tsx";
import { Links, type LinkSettings } from "./links.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "Malformed address",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  422: "Invalid address",
  429: "Too many requests",
  500: "Something went wrong",
  503: "Temporarily unavailable",
};

/**
 * `url` is the address of the request. Where reading needs a login, a 401 is the page to sign in, from
 * which people come back to it.
 */
export function errorPage(
  config: LinkSettings,
  { status, body, headers, repository }: HttpError,
  url: URL | undefined,
  person?: string,
): Response {
  const links = new Links(config, url?.origin ?? "");
  const isLogin = status === 401 && config.login !== undefined;
  const title = isLogin ? "Sign in" : TITLES[status] ?? `Error ${status}`;
  const sentences = typeof body === "string" ? [body] : Object.values(body);
  const to = url && !url.pathname.startsWith(LOGIN_PATH) ? url.pathname + url.search : undefined;
  const html = renderPage(
    links,
    { title: `${title} · Coverage`, person, isBare: isLogin },
    <section class="error">
      {isLogin ? null : <p class="big">{status}</p>}
      <h1>{title}</h1>
      {isLogin && to !== undefined
        ? <p>To see coverage, you need an account at {config.login!.provider}.</p>
        : sentences.map((sentence) => <p key={sentence}>{sentence}</p>)}
      {repository === undefined ? null : (
        <p>
          <a href={links.repository(repository)} target="_top">
            {repository.org_name}/{repository.repo_name}
          </a>
        </p>
      )}
      <p>
        {isLogin
          ? (
            <a class="button" href={links.to(LOGIN_PATH, { to })} target="_top">
              Sign in with {config.login!.provider}
            </a>
          )
          : <a href={links.home()} target="_top">All repositories</a>}
      </p>
    </section>,
  );
  return new Response(html, {
    status,
    headers: { ...htmlHeaders, ...headers, ...errorPageHeaders },
  });
}
