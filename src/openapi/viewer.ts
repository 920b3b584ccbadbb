/**
 * `GET /coverages-api/docs/{file}`: Swagger UI, and what is ours around it. Each file has a digest of
 * its content in its name, so that browsers keep it for good.
 *
 * @module
 */
import { createHash } from "node:crypto";
import style from "./docs.css" with { type: "text" };
import script from "./docs.js" with { type: "text" };

/** A file of the page. */
export interface ViewerFile {
  /** Its media type. */
  readonly type: string;
  /** What it holds. */
  readonly content: string;
}

/** The files that the page is made of. */
export interface Viewer {
  /** The names of the style sheets, in their order. */
  readonly styles: readonly string[];
  /** The names of the scripts, in their order. */
  readonly scripts: readonly string[];
  /** The files by name. */
  readonly files: ReadonlyMap<string, ViewerFile>;
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
  const files = new Map<string, ViewerFile>();
  const add = (name: string, extension: string, type: string, content: string) => {
    const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
    const file = `${name}-${digest}.${extension}`;
    files.set(file, { type, content });
    return file;
  };
  return {
    styles: [add("swagger-ui", "css", "text/css", base), add("docs", "css", "text/css", style)],
    scripts: [
      add("swagger-ui", "js", "text/javascript", bundle),
      add("docs", "js", "text/javascript", script),
    ],
    files,
  };
}
