/** Mutations of a coverage file. Text is handled as Latin-1, so that bytes survive. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { type Bytes, type Mutation, mutation, ofBytes, place } from "./mutations.ts";

const numbers = fc.constantFrom(
  ...["", " ", "-1", "-0", "0", "1", "2", "+1", "007", "1.5", ".5", "1.", "1e3", "1e400", "1e-400"],
  ...["NaN", "Infinity", "-Infinity", "0x10", "1_000", "1,000", "1 000", "½", "true", "null", "%"],
  ...["2147483647", "2147483648", "4294967296", "9007199254740991", "9007199254740993"],
  ...["999999999999999", "1000000000000000", "99999999999999999999999999", "9".repeat(400)],
  ...["0.99999999999", "1.0000000001", "-0.1", "0.00000000001", "&#x31;", "&#49;", "&amp;", "&x;"],
);
const ATTRIBUTES = [
  ...["line-rate", "lines-covered", "lines-valid", "statements", "coveredstatements", "elements"],
  ...["coveredelements", "covered", "missed", "type", "hits", "number", "filename", "name"],
  ...["__proto__", "constructor", "toString", "xmlns", "xmlns:a", "xml:space", "a:b:c"],
];
const snippets = fc.constantFrom(
  ...["<", ">", "&", "]]>", "<!--", "-->", "--", "<![CDATA[", "<![CDATA[x]]>", "<?", "?>"],
  ...["<?xml?>", "</", "/>", "<a", "<a>", "</a>", "'", '"', "=", "&#0;", "&#x0;", "&#xD800;"],
  ...["&#x10FFFF;", "&#x110000;", "&#99999999999;", "&lt", "&lol;", "&amp;", "\0", "\x01", "\r\n"],
  ...["\xef\xbb\xbf", "\xff\xfe", "\xfe\xff", "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xf0\x9f"],
  ...["\xc3", "\x80", "\xef\xbf\xbe", "\xe2\x80\xa8", "\xc2\x85", "<metrics statements='1'/>"],
  ...["<line number='1' hits='1'/>", "<class filename='a'><lines>", "<project><metrics/>"],
  ...["<counter type='LINE' missed='-1' covered='5'/>", "<counter type='__proto__'/>"],
  ...["<!--", "<a b='", "<", ""].map((start) => start + "a".repeat(300_000)),
);
const laughs = Array.from(
  { length: 9 },
  (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`,
).join("");
const doctypes = fc.constantFrom(
  `<!DOCTYPE a [<!ENTITY e0 "ha">${laughs}]>`,
  `<!DOCTYPE a [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>`,
  `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">`,
  `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>`,
  `<!DOCTYPE a [<!ENTITY e9 "&e9;">]>`,
  `<!DOCTYPE a [<!ENTITY e9 "<line number='1' hits='1'/>">]>`,
  `<!DOCTYPE a [<!ATTLIST coverage lines-valid CDATA "5">]>`,
  `<!DOCTYPE a ["]>`,
  "<!DOCTYPE",
  `<!DOCTYPE a [${"<!-- x -->".repeat(500)}]>`,
);
const encodings = fc.constantFrom(
  ...["utf-8", "UTF8", "utf-16", "UTF-16LE", "utf-32", "ucs-2", "iso-8859-1", "ascii", "big5"],
  ...["windows-1252", "shift_jis", "iso-2022-jp", "gb18030", "iso-2022-kr", "hz-gb-2312", "koi8-r"],
  ...["x-user-defined", "replacement", "utf-7", "ebcdic", "", " ", "nonsense", "utf-8\0"],
);
const nesting = fc.tuple(
  fc.constantFrom("a", "lines", "class", "project", "metrics", "counter", "x:y"),
  fc.constantFrom(3, 200, 254, 255, 256, 257, 2000, 20_000),
  fc.boolean(),
).map(([name, depth, isClosed]) =>
  `<${name}>`.repeat(depth) + (isClosed ? `</${name}>`.repeat(depth) : "")
);
const attributes = fc.oneof(
  fc.tuple(fc.constantFrom(...ATTRIBUTES), numbers).map(([name, value]) => ` ${name}="${value}"`),
  fc.constantFrom(100, 250, 256, 257, 5000)
    .map((count) => Array.from({ length: count }, (_, at) => ` a${at}="1"`).join("")),
);

function onText<T>(
  name: string,
  details: fc.Arbitrary<T>,
  change: (text: string, details: T) => string,
): fc.Arbitrary<Mutation> {
  return mutation(name, details, (bytes, detail) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    return Uint8Array.from(Buffer.from(change(text, detail), "latin1"));
  });
}

/** Inserts text behind one of the places that match. */
function inserted(name: string, what: fc.Arbitrary<string>, behind: RegExp) {
  return onText(`inserted ${name}`, fc.tuple(place, what), (text, [at, what]) => {
    const places = [...text.matchAll(behind)];
    const match = places[at % (places.length || 1)];
    const start = match ? match.index + match[0].length : 0;
    return text.slice(0, start) + what + text.slice(start);
  });
}

/** Replaces every n-th match by one value after the other. */
function replaced(name: string, what: RegExp, by: fc.Arbitrary<string>) {
  const details = fc.tuple(fc.array(by, { minLength: 1, maxLength: 8 }), fc.nat(30));
  return onText(`replaced ${name}`, details, (text, [values, kept]) => {
    let at = 0;
    return text.replace(
      what,
      (match) => at++ % (kept + 1) > 0 ? match : values[(at - 1) % values.length]!,
    );
  });
}

const totals = new RegExp(`(?<=\\b(${ATTRIBUTES.slice(0, 12).join("|")})=")[^"]*`, "g");

const knowing = fc.oneof(
  inserted("snippet", snippets, /[^]{1,50}/g),
  inserted("doctype", doctypes, /^[^]*?(?=<(?![?!]))/g),
  inserted("nesting", nesting, />/g),
  inserted("attributes", attributes, /<[A-Za-z][^\s/>]*/g),
  replaced("numbers", /-?\d[\d.]*/g, numbers),
  replaced("totals", totals, numbers),
  replaced("values", /(?<==")[^"]*/g, fc.oneof(fc.constant("&e9;"), snippets)),
  replaced("attributes", /\s[\w-]+="[^"]*"/g, fc.constant("")),
  replaced("names", /(?<=<\/?)(coverage|report)\b/g, fc.constantFrom("html", "a:coverage", "é")),
  replaced("line ends", /\n/g, fc.constantFrom("\r\n", "\r", "\x85", "\0", "")),
  onText("encoding", encodings, declareEncoding),
  mutation("UTF-16", fc.constantFrom("", "\ufeff"), toUtf16),
  onText("twice", fc.constant(""), (text) => text + text),
);

function toUtf16(bytes: Bytes, mark: string): Bytes {
  return Uint8Array.from(Buffer.from(mark + new TextDecoder().decode(bytes), "utf16le"));
}

function declareEncoding(text: string, encoding: string): string {
  return `<?xml version="1.0" encoding="${encoding}"?>` + text.replace(/^\s*<\?xml[^>]*>/, "");
}

export const ofText: fc.Arbitrary<Mutation> = fc.oneof(ofBytes, knowing, knowing, knowing);
