import assert from "node:assert/strict";
import { type ParseStreamOptions, parseXmlStream, XmlSyntaxError } from "@std/xml";

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function eventsOf(
  text: string,
  options: ParseStreamOptions = {},
  size = 7,
): Promise<string[]> {
  const events: string[] = [];
  await parseXmlStream(pieces(text, size), {
    onStartElement(name, _colon, _uri, attributes) {
      const pairs = Array.from(
        { length: attributes.count },
        (_, index) => `${attributes.getName(index)}=${attributes.getValue(index)}`,
      );
      events.push([`<${name}`, ...pairs].join(" "));
    },
    onEndElement: (name) => void events.push(`/${name}`),
  }, options);
  return events;
}

Deno.test("parseXmlStream calls back for every start and end, including empty elements", async () => {
  const text =
    `<?xml version="1.0"?><!-- c --><a x="1" y="&lt;&#65;"><b/>text<c><![CDATA[<d>]]></c></a>`;
  for (const size of [1, 7, 1000]) {
    assert.deepEqual(await eventsOf(text, {}, size), [
      "<a x=1 y=<A",
      "<b",
      "/b",
      "<c",
      "/c",
      "/a",
    ]);
  }
});

Deno.test("parseXmlStream refuses a DOCTYPE by default", async () => {
  const text = `<!DOCTYPE a SYSTEM "a.dtd" [<!ENTITY e "x">]><a/>`;
  await assert.rejects(eventsOf(text), XmlSyntaxError);
  // Whole, because the published parser does not take a declaration that comes in pieces.
  assert.deepEqual(await eventsOf(text, { disallowDoctype: false }, text.length), ["<a", "/a"]);
});

Deno.test("parseXmlStream never expands an entity of a DTD", async () => {
  const text = `<!DOCTYPE a [<!ENTITY e "expanded">]><a x="&e;"/>`;
  await assert.rejects(eventsOf(text, { disallowDoctype: false }, text.length), Error);
});

Deno.test("parseXmlStream says where a document is malformed", async () => {
  const options = { trackPosition: true };
  await assert.rejects(eventsOf("<a>\n<b>\n</a>", options), (error) => {
    assert(error instanceof XmlSyntaxError);
    assert.equal(error.line, 3);
    assert(error.column > 0);
    return true;
  });
  for (const text of ["", "<a>", "<a></b>", "<a/><b/>", `<a x="1" x="2"/>`, "<a>&x", "text"]) {
    await assert.rejects(eventsOf(text, options), Error, text);
  }
});

Deno.test("parseXmlStream bounds depth and attributes", async () => {
  const deep = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
  await eventsOf(deep(10), { maxDepth: 10 });
  await assert.rejects(eventsOf(deep(11), { maxDepth: 10 }), XmlSyntaxError);
  const wide = (count: number) =>
    `<a ${Array.from({ length: count }, (_, index) => `x${index}="1"`).join(" ")}/>`;
  await eventsOf(`<r>${wide(5)}${wide(5)}</r>`, { maxAttributes: 5 });
  await assert.rejects(eventsOf(wide(6), { maxAttributes: 5 }), XmlSyntaxError);
});
