/** The host that a request is for. */
import { HttpError, quote } from "../errors.ts";

/** A name, an IPv4 address or an IPv6 address in brackets, and a port. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * The address of a request. Throws 400 where the Host is no `host[:port]`: Deno puts it before the
 * path as it is, so that a Host with a path in it would choose another route than a proxy in front saw.
 * Throws 403 where the server does not answer under that name.
 */
export function addressOf(request: Request, isKnown: (url: URL) => boolean): URL {
  const host = request.headers.get("host");
  const url = URL.parse(request.url);
  if (!url || url.username !== "" || url.password !== "" || (host && !HOST.test(host))) {
    throw new HttpError(400, "The request's address or Host header is malformed.");
  }
  if (!isKnown(url)) {
    throw new HttpError(
      403,
      `The Host is ${
        quote(url.host)
      }; a server for its own machine answers only to localhost and to ` +
        "IP addresses. To serve it under a name, set PUBLIC_URL.",
    );
  }
  return url;
}

/**
 * Whether an address can only mean the host it names. Any other name may have been given this
 * server's address by whoever owns the name, to have a browser take their page for one of ours
 * (DNS rebinding).
 */
export function isOwnName({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
}
