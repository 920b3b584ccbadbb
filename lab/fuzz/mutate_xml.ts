/**
 * Mutations of a coverage file that know of XML. Text is handled as Latin-1, so that bytes survive.
 *
 * @module
 */
import type { Bytes, Mutation } from "./mutation.ts";
import { byteMutations } from "./mutate_bytes.ts";
import type { Random } from "./random.ts";

/** Every mutation of a coverage file. */
export const xmlMutations: readonly Mutation[] = [
  ...byteMutations("xml"),
  onText("snippet", (text, random) => {
    for (let count = random.length(5); count > 0; count--) {
      text = insertAt(text, random.below(text.length + 1), random.pick(SNIPPETS));
    }
    return text;
  }),
  onText("doctype", (text, random) => {
    const root = /<(?![?!])/.exec(text)?.index ?? 0;
    const doctype = random.pick(DOCTYPES);
    const changed = insertAt(text, random.oneIn(5) ? random.below(text.length) : root, doctype);
    return random.oneIn(2) ? changed.replace(/="[^"]*"/, '="&e9;"') : changed;
  }),
  onText("nesting", (text, random) => {
    const depth = random.pick([3, 200, 254, 255, 256, 257, 2000, 20_000]);
    const name = random.pick(["a", "lines", "class", "project", "metrics", "counter", "x:y"]);
    const closed = random.oneIn(4) ? "" : `</${name}>`.repeat(depth);
    return insertAt(text, afterTag(text, random), `<${name}>`.repeat(depth) + closed);
  }),
  onText("attributes", (text, random) => {
    const count = random.pick([1, 100, 250, 256, 257, 5000]);
    const list = Array.from({ length: count }, (_, at) => {
      const name = random.oneIn(100) ? random.pick(ATTRIBUTES) : `a${at}`;
      return ` ${name}="${random.oneIn(3) ? random.pick(NUMBERS) : ""}"`;
    });
    return intoTag(text, random, list.join(""));
  }),
  onText(
    "attribute",
    (text, random) =>
      intoTag(text, random, ` ${random.pick(ATTRIBUTES)}="${random.pick(NUMBERS)}"`),
  ),
  onText("numbers", (text, random) => {
    const share = random.pick([1, 1, 3, 30]);
    return text.replace(
      /="-?[\d.]+"/g,
      (match) => random.oneIn(share) ? `="${random.pick(NUMBERS)}"` : match,
    );
  }),
  onText(
    "numbers of the totals",
    (text, random) =>
      text.replace(
        TOTALS,
        (match, name) => random.oneIn(2) ? `${name}="${random.pick(NUMBERS)}"` : match,
      ),
  ),
  onText("totals left out", (text, random) => {
    const name = random.pick([...ATTRIBUTES]);
    return text.replaceAll(new RegExp(`\\s${name}="[^"]*"`, "g"), "");
  }),
  onText("encoding", (text, random) => {
    const declaration = `<?xml version="${random.pick(["1.0", "1.1", "2.0", ""])}" encoding=${
      random.pick(['"', "'"])
    }${random.pick(ENCODINGS)}${random.pick(['"', "'"])}?>`;
    return declaration + text.replace(/^\s*<\?xml[^>]*>/, "");
  }),
  { kind: "xml in UTF-16", apply: toUtf16 },
  onText("tags swapped", (text, random) => {
    const tags = [...text.matchAll(/<[^>]*>/g)];
    if (tags.length < 2) return text;
    const [first, second] = [random.pick(tags), random.pick(tags)]
      .sort((a, b) => a.index - b.index) as [RegExpExecArray, RegExpExecArray];
    if (first === second) return text;
    return text.slice(0, first.index) + second[0] +
      text.slice(first.index + first[0].length, second.index) + first[0] +
      text.slice(second.index + second[0].length);
  }),
  onText(
    "root renamed",
    (text, random) => text.replaceAll(/(<\/?)(coverage|report)\b/g, `$1${random.pick(NAMES)}`),
  ),
  onText("long token", (text, random) => {
    const length = random.pick([1000, 65_536, 300_000]);
    const [before, after] = random.pick([["<!--", "-->"], ["", ""], ["<a b='", "'/>"], [
      "<",
      "/>",
    ]]);
    return insertAt(text, afterTag(text, random), before + "a".repeat(length) + after);
  }),
  onText("two documents", (text) => text + text),
  onText(
    "line ends",
    (text, random) =>
      text.replaceAll("\n", random.pick(["\r\n", "\r", "\n\r", "\u0085", "\0", ""])),
  ),
];

const NUMBERS = [
  ...["", " ", "-1", "-0", "0", "1", "2", "+1", "007", "1.5", ".5", "1.", "1e3", "1e400", "1e-400"],
  ...["NaN", "Infinity", "-Infinity", "0x10", "1_000", "1,000", "1 000", "½", "true", "null", "%"],
  ...["2147483647", "2147483648", "4294967296", "9007199254740991", "9007199254740993"],
  ...["999999999999999", "1000000000000000", "99999999999999999999999999", "9".repeat(400)],
  ...["0.99999999999", "1.0000000001", "-0.1", "0.00000000001", "&#x31;", "&#49;", "&amp;", "&x;"],
];
const ATTRIBUTES = [
  ...["line-rate", "lines-covered", "lines-valid", "statements", "coveredstatements", "elements"],
  ...["coveredelements", "covered", "missed", "type", "hits", "number", "filename", "name"],
  ...["__proto__", "constructor", "toString", "xmlns", "xmlns:a", "xml:space", "a:b:c"],
] as const;
const TOTALS = new RegExp(`\\b(${ATTRIBUTES.slice(0, 12).join("|")})="[^"]*"`, "g");
const NAMES = ["coverage", "report", "Coverage", "a:coverage", "html", "_", "coveragereport", "é"];
const SNIPPETS = [
  ...[
    "<",
    ">",
    "&",
    "]]>",
    "<!--",
    "-->",
    "--",
    "<![CDATA[",
    "<![CDATA[x]]>",
    "<?",
    "?>",
    "<?xml?>",
  ],
  ...["</", "/>", "<a", "<a>", "</a>", "'", '"', "=", "&#0;", "&#x0;", "&#xD800;", "&#x10FFFF;"],
  ...[
    "&#x110000;",
    "&#99999999999;",
    "&lt",
    "&lol;",
    "&amp;",
    "&quot;",
    "\0",
    "\x01",
    "\x7f",
    "\r",
  ],
  ...[
    "\r\n",
    "\xef\xbb\xbf",
    "\xff\xfe",
    "\xfe\xff",
    "\xed\xa0\x80",
    "\xf0\x9f\x98\x80",
    "\xf0\x9f",
  ],
  ...["\xc3", "\x80", "\xef\xbf\xbe", "\xe2\x80\xa8", "\xc2\x85", "<metrics statements='1'/>"],
  ...[
    "<line number='1' hits='1'/>",
    "<class filename='a'><lines>",
    "<project><metrics/></project>",
  ],
  ...["<counter type='LINE' missed='-1' covered='5'/>", "<counter type='__proto__'/>"],
];
const LAUGHS = Array.from(
  { length: 9 },
  (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`,
).join("");
const DOCTYPES = [
  `<!DOCTYPE a [<!ENTITY e0 "ha">${LAUGHS}]>`,
  `<!DOCTYPE a [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>`,
  `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">`,
  `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>`,
  `<!DOCTYPE a [<!ENTITY e9 "&e9;">]>`,
  `<!DOCTYPE a [<!ENTITY e9 "<line number='1' hits='1'/>">]>`,
  `<!DOCTYPE a [<!ATTLIST coverage lines-valid CDATA "5">]>`,
  `<!DOCTYPE a ["]>`,
  "<!DOCTYPE",
  `<!DOCTYPE a [${"<!-- x -->".repeat(500)}]>`,
];
const ENCODINGS = [
  ...["utf-8", "UTF8", "utf-16", "UTF-16LE", "utf-32", "ucs-2", "iso-8859-1", "latin1", "ascii"],
  ...[
    "windows-1252",
    "windows-1251",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "gb18030",
    "gbk",
    "big5",
  ],
  ...[
    "euc-kr",
    "iso-2022-kr",
    "hz-gb-2312",
    "koi8-r",
    "macintosh",
    "x-user-defined",
    "replacement",
  ],
  ...["utf-7", "ebcdic", "cp037", "", " ", "nonsense", "utf-8\0", "a".repeat(2000)],
];

/** A mutation of the text. */
function onText(name: string, change: (text: string, random: Random) => string): Mutation {
  return {
    kind: `xml ${name}`,
    apply: (bytes, random) => fromText(change(toText(bytes), random)),
  };
}

function toText(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

function fromText(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function toUtf16(bytes: Bytes, random: Random): Bytes {
  const text = new TextDecoder().decode(bytes);
  const bom = random.oneIn(3) ? "" : "\ufeff";
  const littleEndian = random.oneIn(2);
  const view = new DataView(new ArrayBuffer(2 * (bom.length + text.length)));
  [...(bom + text).split("")].forEach((character, at) =>
    view.setUint16(2 * at, character.charCodeAt(0), littleEndian)
  );
  return new Uint8Array(view.buffer);
}

function insertAt(text: string, at: number, other: string): string {
  return text.slice(0, at) + other + text.slice(at);
}

/** A place right behind some tag, where content may stand. */
function afterTag(text: string, random: Random): number {
  return text.indexOf(">", random.below(text.length)) + 1;
}

/** Puts attributes into some start tag. */
function intoTag(text: string, random: Random, attributes: string): string {
  const tags = [...text.matchAll(/<[A-Za-z][^\s/>]*/g)];
  if (tags.length === 0) return text;
  const tag = random.oneIn(3) ? tags[0]! : random.pick(tags);
  return insertAt(text, tag.index + tag[0].length, attributes);
}
