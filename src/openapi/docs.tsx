/** `GET /coverages-api/docs`: the API's document, shown by Swagger UI. */
import { renderToString } from "preact-render-to-string";
import { Brand, Head } from "../dashboard/layout.tsx";
import { Links, type LinkSettings } from "../dashboard/links.ts";
import { NamedFiles } from "../dashboard/page_assets.ts";
import { viewerHeaders } from "../http/headers.ts";
import { etagged } from "../http/etag.ts";
import { decodeSegment, type Handler } from "../http/router.ts";
import { API_PATH, DOCS_PATH } from "../model/urls.ts";
import ownStyle from "./docs.css" with { type: "text" };
import ownScript from "./docs.js" with { type: "text" };

/** Handlers of the page and of its files. */
export function createDocsHandlers(
  config: LinkSettings,
): { page: Handler; file: Handler } {
  let loading: Promise<Viewer> | undefined;
  const load = () => loading ??= loadViewer();
  return {
    async page(request, { url }) {
      const page = <Page links={new Links(config, url.origin)} viewer={await load()} />;
      return etagged(request, `<!DOCTYPE html>${renderToString(page)}`, {
        ...viewerHeaders,
        "content-type": "text/html; charset=utf-8",
      });
    },
    async file(_request, { params }) {
      const { files } = await load();
      return files.serve(decodeSegment(params.file ?? ""));
    },
  };
}

interface Viewer {
  readonly files: NamedFiles;
  readonly styles: readonly string[];
  readonly scripts: readonly string[];
}

/** Imports Swagger UI on the first request only: it is larger than the server. */
async function loadViewer(): Promise<Viewer> {
  const [{ default: script }, { default: style }] = await Promise.all([
    import("swagger-ui-dist/swagger-ui-bundle.js", { with: { type: "text" } }),
    import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } }),
  ]);
  const files = new NamedFiles();
  return {
    files,
    styles: [
      files.add("swagger-ui", "css", "text/css", style),
      files.add("docs", "css", "text/css", ownStyle),
    ],
    scripts: [
      files.add("swagger-ui", "js", "text/javascript", script),
      files.add("docs", "js", "text/javascript", ownScript),
    ],
  };
}

function Page({ links, viewer }: { links: Links; viewer: Viewer }) {
  const document = links.to(`${API_PATH}/openapi.json`);
  return (
    <html lang="en">
      <Head links={links} title="API – Coverage">
        {viewer.styles.map((name) => (
          <link key={name} rel="stylesheet" href={links.to(`${DOCS_PATH}/${name}`)} />
        ))}
        {viewer.scripts.map((name) => (
          <script key={name} src={links.to(`${DOCS_PATH}/${name}`)} defer />
        ))}
      </Head>
      <body>
        <header>
          <Brand links={links} />
        </header>
        <noscript>
          <p>
            This page needs JavaScript. Without it, read <a href={document}>openapi.json</a>.
          </p>
        </noscript>
        <main id="viewer" data-document={document}></main>
      </body>
    </html>
  );
}
