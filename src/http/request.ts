/** What a request says of itself: who sent it, for which host, and under which id. */
import { HttpError, quote } from "../errors.ts";

/** A connection, as `Deno.serve` tells of it. */
export interface Connection {
  readonly remoteAddr: Deno.Addr;
  /** Settles when the answer was sent, or cannot be. */
  readonly completed?: Promise<void>;
}

export interface Client {
  /** Whether it came from this very machine, with no proxy in between. */
  readonly direct: boolean;
  readonly client: string;
}

/** What proxies, tunnels and content delivery networks add; one such header is enough to know of them. */
const FORWARDED = new RegExp(
  "^(forwarded|via|cdn-loop|x-forwarded)$|-ip$|^(x-(forwarded|original|envoy|amz|amzn|arr|azure|akamai|" +
    "appengine|cloud|vercel)|akamai|cf|fastly|fly|tailscale)-",
);
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
/** Networks without a way in from outside (RFC 1918, RFC 4193, RFC 6598), where a proxy stands. */
const PRIVATE =
  /^(::ffff:)?(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|^f[cd]/;

/**
 * Tells who sent a request. What `X-Forwarded-For` says counts only on a connection from this machine
 * or a private network, and of it only the last entry, which the nearest proxy has added: any
 * other could be the client's own invention.
 */
export function clientOf(request: Request, connection: Connection | undefined): Client {
  const address = connection?.remoteAddr;
  const host = address !== undefined && "hostname" in address ? address.hostname : "";
  const isLoopback = LOOPBACK.test(host);
  const isForwarded = isLoopback && request.headers.keys().some((name) => FORWARDED.test(name));
  const forwardedFor = isLoopback || PRIVATE.test(host)
    ? request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim().slice(0, 64)
    : undefined;
  return {
    direct: isLoopback && !isForwarded,
    client: networkOf(forwardedFor || host) || "unknown",
  };
}

/** An address without a port; of IPv6 the 64 bits that tell one network from another. */
function networkOf(address: string): string {
  const plain = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ??
    address.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  if (!plain.includes(":") || plain.includes(".")) return plain;
  if (!URL.canParse(`http://[${plain}]`)) return plain;
  const [head = "", tail = ""] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const missing = 8 - groups.length - tail.split(":").filter((group) => group !== "").length;
  const all = [...groups, ...Array(Math.max(0, missing)).fill("0"), ...tail.split(":")];
  return `${all.slice(0, 4).join(":")}::/64`;
}

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

const ID = /^[\w.:/+=-]{1,128}$/;

/** The id that a proxy gave a request, so that both logs have the same; else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && ID.test(given) ? given : crypto.randomUUID();
}
