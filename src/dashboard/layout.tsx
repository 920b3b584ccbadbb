/**
 * The frame around every page.
 *
 * @module
 */
import type { Content, Html } from "./html.ts";
import { renderToString } from "preact-render-to-string";
import { pageHeaders } from "../http/headers.ts";
import { assetNames } from "./page_assets.ts";
import type { Links, Query } from "./links.ts";

export interface Page {
  readonly title: string;
  /** Shown in the search field. */
  readonly keyword?: string | undefined;
  /** Query parameters that a search keeps. */
  readonly searchKeeps?: Query;
}

export function renderPage(links: Links, page: Page, content: Content): string {
  return `<!DOCTYPE html>${renderToString(<Layout links={links} page={page}>{content}</Layout>)}`;
}

export const htmlHeaders = { ...pageHeaders, "content-type": "text/html; charset=utf-8" };

function Layout(
  { links, page, children }: { links: Links; page: Page; children: Content },
): Html {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{page.title}</title>
        <link rel="icon" type="image/svg+xml" href={links.asset(assetNames.icon)} />
        <link rel="stylesheet" href={links.asset(assetNames.style)} />
        <script src={links.asset(assetNames.script)} defer></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <a class="brand" href={links.home()}>
            <img src={links.asset(assetNames.icon)} alt="" width="24" height="24" /> Coverage
          </a>
          <search>
            <form action={links.home()} autoComplete="off" data-replaces="#results .sorting">
              <Hidden query={page.searchKeeps ?? {}} />
              <input
                type="search"
                name="q"
                value={page.keyword ?? ""}
                maxLength={201}
                placeholder="org/repository"
                aria-label="Search repositories"
              />
              <button type="submit">Search</button>
            </form>
          </search>
        </header>
        <main id="content">{children}</main>
        <footer>
          <a href={links.docs()}>API</a>
        </footer>
      </body>
    </html>
  );
}

/** The way up from a page; `repo` is linked, too, from pages below a repository's. */
export function Breadcrumbs(
  { links, org, repo }: { links: Links; org: string; repo?: string },
): Html {
  return (
    <nav class="muted" aria-label="Breadcrumbs">
      <a href={links.home()}>Repositories</a> / <a href={links.home({ org })}>{org}</a>
      {repo === undefined ? null : (
        <>
          {" / "}
          <a href={links.repository({ org_name: org, repo_name: repo })}>{repo}</a>
        </>
      )}
    </nav>
  );
}

/** The part of the query that a form sends along unchanged. */
export function Hidden({ query }: { query: Query }): Html {
  return (
    <>
      {Object.entries(query).flatMap(([name, value]) =>
        [value ?? []].flat().map((one) => (
          <input key={`${name} ${one}`} type="hidden" name={name} value={String(one)} />
        ))
      )}
    </>
  );
}
