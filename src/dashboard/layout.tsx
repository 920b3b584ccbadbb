/** The frame around every page. */
import type { ComponentChildren } from "preact";
import { renderToString } from "preact-render-to-string";
import { pageHeaders } from "../http/headers.ts";
import { DOCS_PATH, LOGOUT_PATH } from "../model/urls.ts";
import { assetNames } from "./page_assets.ts";
import type { Links, Query } from "./links.ts";
import { SearchForm } from "./list_controls.tsx";

export interface Page {
  readonly title: string;
  /** Shown in the search field. */
  readonly keyword?: string | undefined;
  readonly searchKeeps?: Query;
  /** Who is signed in. */
  readonly person?: string | undefined;
  /** Without what needs a login. */
  readonly isBare?: boolean;
}

/** Preact escapes every text, so that a name never becomes markup. */
export function renderPage(links: Links, page: Page, content: ComponentChildren): string {
  return `<!DOCTYPE html>${renderToString(<Layout links={links} page={page}>{content}</Layout>)}`;
}

export const htmlHeaders = { ...pageHeaders, "content-type": "text/html; charset=utf-8" };

function Layout(
  { links, page, children }: { links: Links; page: Page; children: ComponentChildren },
) {
  return (
    <html lang="en">
      <Head links={links} title={page.title}>
        <link rel="stylesheet" href={links.asset(assetNames.style)} />
        <script src={links.asset(assetNames.script)} defer></script>
      </Head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <Brand links={links} />
          {page.isBare ? null : (
            <search>
              <SearchForm
                action={links.home()}
                keeps={page.searchKeeps ?? {}}
                q={page.keyword}
                placeholder="org/repository"
                label="Search repositories"
                replaces="#results .sorting"
                button="Search"
              />
            </search>
          )}
          {page.person === undefined ? null : (
            <form method="post" action={links.to(LOGOUT_PATH)}>
              <span class="muted">{page.person}</span> <button type="submit">Sign out</button>
            </form>
          )}
        </header>
        <main id="content">{children}</main>
        <footer>{page.isBare ? null : <a href={links.to(DOCS_PATH)}>API</a>}</footer>
      </body>
    </html>
  );
}

/** What every page's head has, also that of the API's document. */
export function Head(
  { links, title, children }: { links: Links; title: string; children: ComponentChildren },
) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title}</title>
      <link rel="icon" type="image/svg+xml" href={links.asset(assetNames.icon)} />
      {children}
    </head>
  );
}

/** The link to the list of repositories at the top of every page. */
export function Brand({ links }: { links: Links }) {
  return (
    <a class="brand" href={links.home()}>
      <img src={links.asset(assetNames.icon)} alt="" width="24" height="24" /> Coverage
    </a>
  );
}

/** The way up from a page; `repo` is linked, too, from pages below a repository's. */
export function Breadcrumbs(
  { links, org, repo }: { links: Links; org: string; repo?: string },
) {
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
