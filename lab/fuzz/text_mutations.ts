/**
 * Mutations of a coverage file. Text is handled as Latin-1, so that bytes survive.
 *
 * @module
 */
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
const attribute = fc.constantFrom(...ATTRIBUTES);
const snippets = fc.constantFrom(
  ...["<", ">", "&", "]]>", "<!--", "-->", "--", "<![CDATA[", "<![CDATA[x]]>", "<?", "?>"],
  ...["<?xml?>", "</", "/>", "<a", "<a>", "</a>", "'", '"', "=", "&#0;", "&#x0;", "&#xD800;"],
  ...["&#x10FFFF;", "&#x110000;", "&#99999999999;", "&lt", "&lol;", "&amp;", "\0", "\x01", "\r\n"],
  ...["\xef\xbb\xbf", "\xff\xfe", "\xfe\xff", "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xf0\x9f"],
  ...["\xc3", "\x80", "\xef\xbf\xbe", "\xe2\x80\xa8", "\xc2\x85", "<metrics statements='1'/>"],
  ...[
    "<line number='1' hits='1'/>",
    "<class filename='a'><lines>",
    "<project><metrics/></project>",
  ],
  ...["<counter type='LINE' missed='-1' covered='5'/>", "<counter type='__proto__'/>"],
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

function insert(text: string, at: number, other: string): string {
  return text.slice(0, at) + other + text.slice(at);
}

/** Behind some tag, where content may stand. */
function afterTag(text: string, at: number): number {
  return text.indexOf(">", at % (text.length || 1)) + 1;
}

/** Puts attributes into some start tag. */
function intoTag(text: string, at: number, attributes: string): string {
  const tags = [...text.matchAll(/<[A-Za-z][^\s/>]*/g)];
  const tag = tags[at % (tags.length || 1)];
  return tag ? insert(text, tag.index + tag[0].length, attributes) : text;
}

export const ofText: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 1, arbitrary: ofBytes },
  {
    weight: 3,
    arbitrary: fc.oneof(
      onText(
        "snippet",
        fc.tuple(place, snippets),
        (text, [at, snippet]) => insert(text, at % (text.length + 1), snippet),
      ),
      onText("doctype", fc.tuple(doctypes, fc.boolean()), (text, [doctype, referred]) => {
        const changed = insert(text, /<(?![?!])/.exec(text)?.index ?? 0, doctype);
        return referred ? changed.replace(/="[^"]*"/, '="&e9;"') : changed;
      }),
      onText(
        "nesting",
        fc.record({
          at: place,
          depth: fc.constantFrom(3, 200, 254, 255, 256, 257, 2000, 20_000),
          name: fc.constantFrom("a", "lines", "class", "project", "metrics", "counter", "x:y"),
          closed: fc.boolean(),
        }),
        (text, { at, depth, name, closed }) =>
          insert(
            text,
            afterTag(text, at),
            `<${name}>`.repeat(depth) + (closed ? `</${name}>`.repeat(depth) : ""),
          ),
      ),
      onText(
        "attributes",
        fc.tuple(place, fc.constantFrom(100, 250, 256, 257, 5000)),
        (text, [at, count]) =>
          intoTag(text, at, Array.from({ length: count }, (_, at) => ` a${at}="1"`).join("")),
      ),
      onText(
        "attribute",
        fc.tuple(place, attribute, numbers),
        (text, [at, name, value]) => intoTag(text, at, ` ${name}="${value}"`),
      ),
      onText(
        "attribute left out",
        attribute,
        (text, name) => text.replaceAll(new RegExp(`\\s${name}="[^"]*"`, "g"), ""),
      ),
      onText("numbers", fc.tuple(fc.array(numbers, { minLength: 1 }), fc.nat(30)), (text, all) => {
        const [values, kept] = all;
        let at = 0;
        return text.replace(
          /-?\d[\d.]*/g,
          (match) => at++ % (kept + 1) > 0 ? match : values[at % values.length]!,
        );
      }),
      onText(
        "numbers of the totals",
        fc.array(numbers, { minLength: 1 }),
        (text, values) => {
          let at = 0;
          const totals = new RegExp(`\\b(${ATTRIBUTES.slice(0, 12).join("|")})="[^"]*"`, "g");
          return text.replace(totals, (_, name) => `${name}="${values[at++ % values.length]}"`);
        },
      ),
      onText(
        "encoding",
        encodings,
        (text, encoding) =>
          `<?xml version="1.0" encoding="${encoding}"?>` + text.replace(/^\s*<\?xml[^>]*>/, ""),
      ),
      mutation("in UTF-16", fc.boolean(), toUtf16),
      onText(
        "root renamed",
        fc.constantFrom("coverage", "report", "Coverage", "a:coverage", "html", "_", "é"),
        (text, name) => text.replaceAll(/(<\/?)(coverage|report)\b/g, `$1${name}`),
      ),
      onText(
        "long token",
        fc.record({
          at: place,
          length: fc.constantFrom(1000, 65_536, 300_000),
          around: fc.constantFrom(["<!--", "-->"], ["", ""], ["<a b='", "'/>"], ["<", "/>"]),
        }),
        (text, { at, length, around: [before, after] }) =>
          insert(text, afterTag(text, at), before + "a".repeat(length) + after),
      ),
      onText("twice", fc.constant(""), (text) => text + text),
      onText(
        "line ends",
        fc.constantFrom("\r\n", "\r", "\n\r", "\x85", "\0", ""),
        (text, end) => text.replaceAll("\n", end),
      ),
    ),
  },
);

function toUtf16(bytes: Bytes, hasMark: boolean): Bytes {
  const text = (hasMark ? "\ufeff" : "") + new TextDecoder().decode(bytes);
  return Uint8Array.from(Buffer.from(text, "utf16le"));
}
