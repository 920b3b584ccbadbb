// Builds tar archives byte by byte, the hostile ones too, which no tar would make.

/** An entry as it is to stand in the archive. */
export interface Entry {
  name: string;
  content?: string | Uint8Array<ArrayBuffer>;
  /** Default: `0`, a file. */
  type?: string;
  linkName?: string;
  /** What the header says, NaN for nothing; default: the truth. */
  size?: number;
}

const encoder = new TextEncoder();
const BLOCK = 512;

function bytesOf(content: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? encoder.encode(content) : content;
}

/** A header block of GNU's kind, with a right checksum. */
export function header(entry: Entry): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const size = entry.size ?? bytesOf(entry.content ?? "").byteLength;
  const put = (offset: number, text: string) => block.set(encoder.encode(text), offset);
  const name = encoder.encode(entry.name).subarray(0, 100);
  block.set(name, 0);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  if (!Number.isNaN(size)) put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(156, entry.type ?? "0");
  block.set(encoder.encode(entry.linkName ?? "").subarray(0, 100), 157);
  put(257, "ustar  \0");
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** A plain tar of these entries; names over 100 bytes get a GNU long name before them. */
export function tar(entries: readonly Entry[], { end = true } = {}): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const add = (entry: Entry) => {
    const content = bytesOf(entry.content ?? "");
    parts.push(header(entry), content, new Uint8Array(-content.byteLength & (BLOCK - 1)));
  };
  for (const entry of entries) {
    if (encoder.encode(entry.name).byteLength > 100) {
      add({ name: "././@LongLink", type: "L", content: `${entry.name}\0` });
    }
    add(entry);
  }
  if (end) parts.push(new Uint8Array(2 * BLOCK));
  return concat(parts);
}

/** A pax header for the entry that follows it (`x`), or for all that follow (`g`). */
export function pax(records: Record<string, string>, type: "x" | "g" = "x"): Entry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = encoder.encode(` ${key}=${value}\n`).byteLength;
    let length = rest + 1;
    while (String(length).length + rest !== length) length = String(length).length + rest;
    return `${length} ${key}=${value}\n`;
  });
  return { name: "PaxHeader", type, content: lines.join("") };
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

export function concat(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** A Cobertura report of so many lines. */
export function cobertura(covered: number, valid: number): string {
  const rate = valid === 0 ? 0 : covered / valid;
  return `<?xml version="1.0"?>\n<coverage line-rate="${rate}" lines-covered="${covered}" ` +
    `lines-valid="${valid}"><packages/></coverage>\n`;
}

/** A good report: an index page and a coverage file of 3 of 4 lines, and what else is given. */
export function goodReport(more: readonly Entry[] = []): Entry[] {
  return [
    { name: "report/", type: "5" },
    { name: "report/index.html", content: "<h1>coverage</h1>" },
    { name: "report/coverage.xml", content: cobertura(3, 4) },
    ...more,
  ];
}
