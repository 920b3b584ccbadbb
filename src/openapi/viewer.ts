/**
 * `GET /coverages-api/docs/{file}`: Swagger UI, and what is ours around it. Each file has a digest of
 * its content in its name, so that browsers keep it for good.
 *
 * @module
 */
import { NamedFiles } from "../http/static_files.ts";
import style from "./docs.css" with { type: "text" };
import script from "./docs.js" with { type: "text" };

/** The files that the page is made of. */
export interface Viewer {
  /** The names of the style sheets, in their order. */
  readonly styles: readonly string[];
  /** The names of the scripts, in their order. */
  readonly scripts: readonly string[];
  /** The files. */
  readonly files: NamedFiles;
}

/**
 * Reads the files. Part of the program as they are, they have no place in memory before somebody asks
 * for them: Swagger UI is larger than the server.
 */
export async function loadViewer(): Promise<Viewer> {
  const [{ default: bundle }, { default: base }] = await Promise.all([
    import("swagger-ui-dist/swagger-ui-bundle.js", { with: { type: "text" } }),
    import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } }),
  ]);
  const files = new NamedFiles();
  return {
    styles: [
      files.add("swagger-ui", "css", "text/css", base),
      files.add("docs", "css", "text/css", style),
    ],
    scripts: [
      files.add("swagger-ui", "js", "text/javascript", bundle),
      files.add("docs", "js", "text/javascript", script),
    ],
    files,
  };
}
