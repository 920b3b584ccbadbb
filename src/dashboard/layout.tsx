/**
 * What every page has around its content.
 *
 * @module
 */
import type { Content, Html } from "./html.ts";
import { renderToString } from "preact-render-to-string";
import { pageHeaders, withHeaders } from "../http/headers.ts";
import { assetNames } from "./page_assets.ts";
import type { Query, Site } from "./links.ts";

/** A page without what is around it. */
export interface Page {
  /** Names the page in the browser's tab. */
  readonly title: string;
  /** What is searched for at the moment. */
  readonly keyword?: string | undefined;
  /** What a search keeps of the present view. */
  readonly kept?: Query;
  /** Default: 200. */
  readonly status?: number;
  /** Headers beside those of every page. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes the HTML of a page. */
export function renderHtml(site: Site, page: Page, content: Content): string {
  const html = renderToString(<Layout site={site} page={page}>{content}</Layout>);
  return `<!DOCTYPE html>${html}`;
}

/** Makes the answer that a page's HTML is. */
export function pageResponse(html: string, { status, headers }: Partial<Page> = {}): Response {
  const response = new Response(html, {
    status: status ?? 200,
    headers: { "content-type": "text/html; charset=utf-8", ...headers },
  });
  return withHeaders(response, pageHeaders);
}

/** Makes the answer of a page. */
export function renderPage(site: Site, page: Page, content: Content): Response {
  return pageResponse(renderHtml(site, page, content), page);
}

function Layout(
  { site, page, children }: { site: Site; page: Page; children: Content },
): Html {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{page.title}</title>
        <link rel="icon" type="image/svg+xml" href={site.asset(assetNames.icon)} />
        <link rel="stylesheet" href={site.asset(assetNames.style)} />
        <script src={site.asset(assetNames.script)} defer></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <a class="brand" href={site.home()}>
            <img src={site.asset(assetNames.icon)} alt="" width="24" height="24" /> Coverage
          </a>
          <search>
            <form action={site.home()} autoComplete="off" data-filter>
              {Object.entries(page.kept ?? {}).map(([name, value]) =>
                value === undefined
                  ? null
                  : <input key={name} type="hidden" name={name} value={String(value)} />
              )}
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
          <a href={site.docs()}>API</a>
        </footer>
      </body>
    </html>
  );
}
