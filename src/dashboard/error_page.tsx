/**
 * An error, for people.
 *
 * @module
 */
import type { Config } from "../config.ts";
import type { HttpError } from "../errors.ts";
import { errorPageHeaders } from "../http/headers.ts";
import { htmlHeaders, renderPage } from "./layout.tsx";
import { Links } from "./links.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "Malformed address",
  404: "Not found",
  405: "Method not allowed",
  422: "Invalid address",
  429: "Too many requests",
  500: "Something went wrong",
  503: "Temporarily unavailable",
};

/** `origin` is that of the request. */
export function errorPage(
  config: Pick<Config, "publicUrl" | "codeHost">,
  { status, body, headers, repository }: HttpError,
  origin: string,
): Response {
  const links = new Links(config, origin);
  const title = TITLES[status] ?? `Error ${status}`;
  const sentences = typeof body === "string" ? [body] : Object.values(body);
  const html = renderPage(
    links,
    { title: `${title} · Coverage` },
    <section class="error">
      <p class="big">{status}</p>
      <h1>{title}</h1>
      {sentences.map((sentence) => <p key={sentence}>{sentence}</p>)}
      {repository === undefined ? null : (
        <p>
          <a href={links.repository(repository)} target="_top">
            {repository.org_name}/{repository.repo_name}
          </a>
        </p>
      )}
      <p>
        <a href={links.home()} target="_top">All repositories</a>
      </p>
    </section>,
  );
  return new Response(html, {
    status,
    headers: { ...htmlHeaders, ...headers, ...errorPageHeaders },
  });
}
