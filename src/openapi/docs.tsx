/**
 * `GET /coverages-api/docs`: the API, for people.
 *
 * @module
 */
import { renderToString } from "preact-render-to-string";
import type { Config } from "../config.ts";
import { assetNames } from "../dashboard/page_assets.ts";
import type { Html } from "../dashboard/html.ts";
import { Links } from "../dashboard/links.ts";
import { viewerHeaders, withHeaders } from "../http/headers.ts";
import { revalidated } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { loadViewer, type Viewer } from "./viewer.ts";

/** Makes the handlers of the page and of its files. */
export function createDocsHandlers(
  config: Pick<Config, "publicUrl" | "githubUrl">,
): { page: Handler; file: Handler } {
  let loading: Promise<Viewer> | undefined;
  const load = () => loading ??= loadViewer();
  return {
    page: revalidated(async (_request, { url }) => {
      const page = <Page links={new Links(config, url.origin)} viewer={await load()} />;
      const response = new Response(`<!DOCTYPE html>${renderToString(page)}`, {
        headers: { "content-type": "text/html; charset=utf-8" },
      });
      return withHeaders(response, viewerHeaders);
    }),
    async file(_request, { params }) {
      const { files } = await load();
      return files.serve(decodeSegment(params.file ?? ""));
    },
  };
}

function Page({ links, viewer }: { links: Links; viewer: Viewer }): Html {
  const document = links.api("/openapi.json");
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>API – Coverage</title>
        <link rel="icon" type="image/svg+xml" href={links.asset(assetNames.icon)} />
        {viewer.styles.map((name) => (
          <link key={name} rel="stylesheet" href={links.docs(`/${name}`)} />
        ))}
        {viewer.scripts.map((name) => <script key={name} src={links.docs(`/${name}`)} defer />)}
      </head>
      <body>
        <header>
          <a href={links.home()}>
            <img src={links.asset(assetNames.icon)} alt="" width="24" height="24" /> Coverage
          </a>
        </header>
        <noscript>
          <p>
            This page needs JavaScript; what it shows stands in <a href={document}>openapi.json</a>.
          </p>
        </noscript>
        <main id="viewer" data-document={document}></main>
      </body>
    </html>
  );
}
