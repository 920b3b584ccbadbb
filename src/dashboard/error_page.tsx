/**
 * A refusal or a failure, for people.
 *
 * @module
 */
import type { Config } from "../config.ts";
import type { HttpError } from "../errors.ts";
import { renderPage } from "./layout.tsx";
import { Site } from "./links.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "This address is malformed",
  404: "Not found",
  405: "Not possible",
  422: "This cannot be shown",
  429: "Too many requests",
  500: "Something went wrong",
  503: "Not available at the moment",
};

/** Makes the page of an error; `origin` is that of the request. */
export function errorPage(
  config: Pick<Config, "publicUrl" | "githubUrl">,
  { status, body, headers }: HttpError,
  origin: string,
): Response {
  const site = new Site(config, origin);
  const title = TITLES[status] ?? `Error ${status}`;
  const sentences = typeof body === "string" ? [body] : Object.values(body);
  return renderPage(
    site,
    { title: `${title} · Coverage`, status, headers: { ...headers, "cache-control": "no-store" } },
    <section class="error">
      <p class="status-code">{status}</p>
      <h1>{title}</h1>
      {sentences.map((sentence) => <p key={sentence}>{sentence}</p>)}
      <p>
        <a href={site.home()}>All repositories</a>
      </p>
    </section>,
  );
}
