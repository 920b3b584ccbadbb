/** Who is at the other end. */

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
