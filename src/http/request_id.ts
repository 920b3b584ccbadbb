const ID = /^[\w.:/+=-]{1,128}$/;

/** The id that a proxy gave a request, so that both logs have the same; else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && ID.test(given) ? given : crypto.randomUUID();
}
