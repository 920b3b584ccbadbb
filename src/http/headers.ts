/** The headers of each surface, with the threat that each of them answers. */

export type Surface = Readonly<Record<string, string>>;

/** The default, for the answer to an upload or an error for instance: never cached. */
export const apiHeaders: Surface = {
  "cache-control": "no-store",
  // An error message that quotes the request must not be sniffed into HTML.
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Coverage as data: it changes with each upload, so that caches must ask each time. */
export const dataHeaders: Surface = { ...apiHeaders, "cache-control": "no-cache" };

/**
 * The dashboard: what a name or a report could smuggle into a page finds nothing that it may load or
 * run, and no other site can frame a page and have its reader click in it.
 */
export const pageHeaders: Surface = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  // Private repository and branch names are in the address; links to GitHub must not leak it.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  // Numbers change with each upload.
  "cache-control": "no-cache",
};

/** A page of the dashboard that shows a report in a frame. */
export function framingHeaders(reportsUrl: string | undefined): Surface {
  const from = ["'self'", ...(reportsUrl ? [reportsUrl] : [])].join(" ");
  return {
    ...pageHeaders,
    "content-security-policy": `${pageHeaders["content-security-policy"]}; frame-src ${from}`,
  };
}

/** An error in place of a page, also in the frame that shows a report. */
export const errorPageHeaders: Surface = {
  ...pageHeaders,
  "content-security-policy": pageHeaders["content-security-policy"]!
    .replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
  "cache-control": "no-store",
};

/** The API's page: Swagger UI, whose icons are `data:` addresses, and which sends no form. */
export const viewerHeaders: Surface = {
  ...pageHeaders,
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; " +
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
};

/** The dashboard's own files, whose names change with their content. */
export const assetHeaders: Surface = {
  "cache-control": "public, max-age=31536000, immutable",
  "x-content-type-options": "nosniff",
};

/** The badge: an image that GitHub's proxy must ask for again each time. */
export const badgeHeaders: Surface = {
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
  // An SVG opened on its own is a document; ours needs only its inline style.
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  // Pages of any origin show it.
  "cross-origin-resource-policy": "cross-origin",
};

const reportHeaders: Surface = {
  // A file that claims to be text stays text.
  "x-content-type-options": "nosniff",
  // Names, and the id that nobody can guess, are in the address; links out must not leak it.
  "referrer-policy": "no-referrer",
};

/**
 * What leads from a name, which anybody can guess, to a report: no page of another origin may load it
 * as its own script or style, nor keep hold of a window that it opened on it.
 */
export const namedReportHeaders: Surface = {
  ...reportHeaders,
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  // The address names a branch, whose report changes with each upload.
  "cache-control": "no-cache",
};

/**
 * The files of a report at its own address, which nobody can guess, and whose content is the same for
 * as long as it is stored. A day, because that may end, and a newer server may add another script to its
 * pages; in the browser alone, because a proxy's login may stand before it.
 */
const ownReportHeaders: Surface = {
  ...reportHeaders,
  "cache-control": "private, max-age=86400, immutable",
};

/**
 * A report: HTML and JavaScript that somebody else wrote, on our origin. `sandbox` without
 * `allow-same-origin` gives it an origin of its own, so that its script can neither act on this
 * server with the credentials of whoever looks at it (a proxy's login, say) nor read another
 * repository's pages; without `allow-forms`, `allow-modals` and `allow-downloads` it cannot post what
 * they type, block their browser or put files on their disk. Its own tab it can lead elsewhere.
 */
export const sandboxedReportHeaders: Surface = {
  ...ownReportHeaders,
  "content-security-policy": "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox",
  // The sandboxed page's own fonts, modules and data are cross-origin to it.
  "access-control-allow-origin": "*",
};

/**
 * A report in an origin that only reports have (`REPORTS_URL`). One report must not find another, which
 * it could read: it frames no other site, where names would lead on to a report, it keeps hold of no
 * window that went there, and nothing tells it the address of another page (`no-referrer`, also in the
 * browser's history). Only the dashboard may frame it.
 */
export function originReportHeaders(publicUrl: string): Surface {
  return {
    ...ownReportHeaders,
    "content-security-policy": "frame-src 'self' blob: data:; object-src 'self' blob: data:; " +
      `frame-ancestors 'self' ${new URL(publicUrl).origin}`,
    "cross-origin-opener-policy": "same-origin",
  };
}

export function acceptsPage({ method, headers }: Request): boolean {
  const accepts = headers.get("accept")?.toLowerCase().includes("text/html") ?? false;
  return accepts && (method === "GET" || method === "HEAD");
}

/** Puts a surface's headers on an answer that was made here, leaving those it has already. */
export function withHeaders(response: Response, surface: Surface): Response {
  for (const [name, value] of Object.entries(surface)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}
