import assert from "node:assert/strict";
import { CoverageError } from "../../src/formats/coverage.ts";
import { readCoverage } from "../../src/formats/read_coverage.ts";
import { refusal, total } from "./read.ts";

const encoder = new TextEncoder();
const root = `<coverage line-rate="1" lines-valid="1" lines-covered="1">`;

Deno.test("a report of many small lines and a report of one long line read the same", async () => {
  const lines = Array.from({ length: 50_000 }, (_, at) => `<line number="${at}" hits="1"/>`);
  const body = `<class filename="f"><lines>${lines.join("")}</lines></class>`;
  const one = `<coverage line-rate="1"><packages>${body}</packages></coverage>`;
  assert.equal((await total(one)).linesValid, 50_000);
  const many = one.replaceAll("><", ">\r\n<");
  assert.equal((await total(many, 1000)).linesValid, 50_000);
});

Deno.test("the encoding is what the first bytes say", async () => {
  const utf16 = (text: string, little: boolean) => {
    const bytes = new Uint8Array(2 + text.length * 2);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xfeff, little);
    [...text].forEach((char, at) => view.setUint16(2 + at * 2, char.charCodeAt(0), little));
    return bytes;
  };
  const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  const document = (encoding: string) =>
    `<?xml version="1.0" encoding="${encoding}"?><coverage line-rate="1" lines-covered="1" lines-valid="2"><class filename="größe"/></coverage>`;
  for (
    const bytes of [
      encoder.encode(document("UTF-8")),
      encoder.encode(`\ufeff${document("utf-8")}`),
      utf16(document("UTF-16"), true),
      utf16(document("UTF-16"), false),
      latin1(document("ISO-8859-1")),
      latin1(document("UTF-8")), // wrong, as some tools are: only names suffer
    ]
  ) {
    for (const chunkSize of [1, 1000]) {
      assert.equal((await total(bytes, chunkSize)).percentage, 50);
    }
  }
  assert.match(await refusal(document("klingon")), /unknown encoding, "klingon"/);
});

Deno.test("an unreadable document is refused with the reason", async () => {
  assert.equal(await refusal(""), "is empty");
  assert.equal(await refusal(" \r\n\t\n"), "is empty");
  assert.equal(await refusal("\ufeff"), "is empty");
  assert.match(await refusal("# nothing\n# else\n"), /is empty/);
  const unclosed = `${root}\n<a>\n</coverage>`;
  assert.match(await refusal(unclosed), /not well-formed XML.*line 3, column \d+/);
  assert.match(
    await refusal(`<coverage line-rate="1">\n<class name="a&b <tag>"/>\n</coverage>`),
    /not well-formed XML.*line \d+, column \d+/,
  );
});

Deno.test("an unknown format is refused with what it looks like and what is supported", async () => {
  const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  const looks: [document: string, message: RegExp][] = [
    ["<svg/>", /its root element is <svg>. Known are Cobertura, Clover, JaCoCo, LCOV, Go/],
    ["<!DOCTYPE html><html><p>", /looks like an HTML page/],
    ["<testsuites><testsuite/></testsuites>", /looks like JUnit test results/],
    ['<phpunit xmlns="x"><build/></phpunit>', /give what PHPUnit writes with --coverage-clover/],
    ["<coverage><sheet/></coverage>", /its root element is <coverage>/],
    ["<constructor/>", /its root element is <constructor>/],
    ["hello world\n", /it begins with "hello world"/],
    ["GROUP,PACKAGE,CLASS,INSTRUCTION_MISSED\n", /JaCoCo's CSV report; give JaCoCo's XML/],
    ["SQLite format 3\0", /SQLite database.*`coverage xml`/],
    ["\x1f\x8b\x08\0", /looks like a gzip file/],
    ["PK\x03\x04", /looks like a zip file/],
    ["\x01\xc0\xc0\x10", /JaCoCo's execution data/],
    ["        -:    0:Source:a.c\n", /gcov's text output; give what gcovr or lcov writes/],
    ["<scoverage/>", /scoverage's own report; give cobertura\.xml/],
    ['{"result": {"line": 85.1}}', /SimpleCov's \.last_run\.json; .*\.resultset\.json/],
    ['{"App.dll": {"a.cs": {}}}', /coverlet's own JSON; give what coverlet writes as Cobertura/],
    ['{"type": "CodeCoverage", "coverage": []}', /Dart's JSON or a Codecov upload; give the LCOV/],
  ];
  for (const [document, message] of looks) {
    const refused = await refusal(latin1(document));
    assert.match(refused, message);
    assert.match(refused, /^is of no known format: /);
    if (!document.startsWith("<")) assert.doesNotMatch(refused, /well-formed|root element/);
  }
});

Deno.test("depth and attributes are bounded", async () => {
  assert.match(await refusal(root + "<a>".repeat(1000)), /not well-formed XML/);
  const attributes = Array.from({ length: 1000 }, (_, at) => `a${at}="1"`).join(" ");
  assert.match(await refusal(`${root}<a ${attributes}/></coverage>`), /not well-formed XML/);
});

Deno.test("a token that is too long is refused, with a > in it as well", async () => {
  const filler = encoder.encode(`${"x".repeat(999)}>`.repeat(100));
  const begins = [
    `${root}<a b="`,
    `${root}<!-- `,
    `${root}<![CDATA[`,
    `${root}<?pi `,
    root,
    `{"`,
    `{"a": 1`,
    "SF:",
  ];
  for (const begin of begins) {
    let pulled = 0;
    const source = function* () {
      yield encoder.encode(begin);
      const more = begin.endsWith("1") ? new Uint8Array(filler.length).fill(0x31) : filler;
      for (; pulled < 100; pulled++) yield more;
    };
    await assert.rejects(
      readCoverage(ReadableStream.from(source())),
      (error) =>
        error instanceof CoverageError && /of more than 1048576 characters/.test(error.message),
      begin,
    );
    assert(pulled < 15, `${begin}: ${pulled} of 100 kB`);
  }
});

Deno.test("a coverage file has a size limit", async () => {
  const document = encoder.encode(`${root}${" ".repeat(1000)}</coverage>`);
  const read = (maxCoverageBytes: number) =>
    readCoverage(new Blob([document]).stream(), { maxCoverageBytes });
  assert.equal((await read(document.length)).total.percentage, 100);
  await assert.rejects(read(document.length - 1), /is larger than \d+ bytes/);
});

Deno.test("large documents are read one at a time", async () => {
  let rows = 0;
  async function* document() {
    for (let file = 0; file < 200; file++) {
      rows++;
      const lines = Array.from({ length: 1000 }, (_, at) => `DA:${at * 9},${at * 70_000}\n`);
      yield encoder.encode(`SF:${"f".repeat(100_000)}${file}\n${lines.join("")}end_of_record\n`);
    }
  }
  const first = document(), second = document();
  for (const read of [first, second]) await read.next(); // so that both have begun
  rows = 0;
  const read = readCoverage(first);
  const order: string[] = [];
  await Promise.all([
    read.then(() => order.push(`first after ${rows < 300}`)),
    readCoverage(second).then(() => order.push("second")),
    readCoverage(new Blob(["SF:a\nDA:1,1\n"]).stream())
      .then(() => order.push("small")),
  ]);
  assert.deepEqual(order, ["small", "first after true", "second"]);
});

Deno.test("a DTD is not processed: no entity of it is expanded", async () => {
  const laughs = `<!DOCTYPE coverage [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>` +
    `<coverage line-rate="1" lines-valid="1" lines-covered="1" x="&b;"/>`;
  assert.match(await refusal(laughs), /not well-formed XML/);
});

Deno.test("a DOCTYPE is read wherever the bytes are cut", async () => {
  const document = `<?xml version="1.0"?><!-- ${"x".repeat(4000)} --><!DOCTYPE report PUBLIC ` +
    `"-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="a"><counter type="LINE" missed="1" covered="3"/></report>`;
  for (const size of [1, 4040, 4090, 100_000]) {
    assert.equal((await total(document, size)).percentage, 75);
  }
});

Deno.test("errors of the source are passed on unchanged", async () => {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new TypeError("client gone")),
  });
  await assert.rejects(readCoverage(source), {
    name: "TypeError",
    message: "client gone",
  });
  // A plain error, as a full disk is, must not be taken for one of the parser's.
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const disk = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(full),
  });
  await assert.rejects(readCoverage(disk), full);
});
