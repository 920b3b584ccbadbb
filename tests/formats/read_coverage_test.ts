import assert from "node:assert/strict";
import { type Coverage, CoverageError } from "../../src/formats/coverage.ts";
import { formats } from "../../src/formats/registry.ts";
import { readCoverage } from "../../src/formats/read_coverage.ts";

const encoder = new TextEncoder();

function read(document: string | Uint8Array<ArrayBuffer>, chunkSize = 100_000): Promise<Coverage> {
  const bytes = typeof document === "string" ? encoder.encode(document) : document;
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.slice(at, at + chunkSize));
  return readCoverage(ReadableStream.from(chunks), formats);
}

async function refusal(document: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const error = await read(document).then(() => undefined, (error) => error);
  assert(error instanceof CoverageError, String(error));
  return error.message;
}

const lines = (...hits: number[]) =>
  `<lines>${
    hits.map((hit, index) => `<line number="${index + 1}" hits="${hit}"/>`).join("")
  }</lines>`;

Deno.test("Cobertura: the root's totals count, not its rate", async () => {
  const coverage = await read(
    `<coverage lines-valid="4" line-rate="0.1" lines-covered="3"><packages>${
      lines(0)
    }</packages></coverage>`,
  );
  assert.deepEqual(coverage, {
    percentage: 75,
    linesCovered: 3,
    linesValid: 4,
    format: "cobertura",
  });
});

Deno.test("Cobertura without totals: a line of a file counts once, hit if any class hit it", async () => {
  const document = `<coverage line-rate="0.9"><packages><package><classes>
    <class filename="a.py"><methods><method>${lines(0, 0, 0, 0, 0, 0)}</method></methods>${
    lines(1, 0, 0)
  }</class>
    <class filename="a.py">${lines(0, 5)}</class>
    <class filename="b.py">${lines(0)}</class>
  </classes></package></packages></coverage>`;
  const coverage = await read(document);
  assert.equal(coverage.linesCovered, 2);
  assert.equal(coverage.linesValid, 4);
});

Deno.test("Cobertura without totals holds no more files than a bound", async () => {
  async function* document() {
    yield encoder.encode(`<coverage line-rate="0.5">`);
    for (let at = 0; at < 600; at++) {
      const classes = Array.from(
        { length: 1000 },
        (_, index) => `<class filename="${at}/${index}">${lines(1)}</class>`,
      );
      yield encoder.encode(classes.join(""));
    }
    yield encoder.encode("</coverage>");
  }
  await assert.rejects(readCoverage(document(), formats), /more than 500000 files/);
});

Deno.test("Cobertura without lines: the rate counts", async () => {
  assert.deepEqual(await read(`<coverage line-rate="0.5832999999999999"/>`), {
    percentage: 58.33,
    linesCovered: null,
    linesValid: null,
    format: "cobertura",
  });
  for (const rate of ["NaN", "", "  ", "1.5", "-1", "high", "0x1", "0,5"]) {
    await refusal(`<coverage line-rate="${rate}"/>`);
  }
});

Deno.test("Clover: only the project's own metrics count, first or last", async () => {
  const other = `<metrics statements="9" coveredstatements="9"/>`;
  const own = `<metrics statements="4" coveredstatements="1" elements="8" coveredelements="8"/>`;
  const file = `<package><file>${other}<class>${other}</class></file>${other}</package>`;
  const tests = `<testproject>${other}</testproject>`;
  for (const body of [own + file, file + own]) {
    const { percentage, format } = await read(
      `<coverage generated="1">${tests}<project>${body}</project></coverage>`,
    );
    assert.equal(percentage, 25);
    assert.equal(format, "clover");
  }
});

Deno.test("Clover: elements count where there are no statements", async () => {
  const coverage = await read(
    `<coverage><project><metrics statements="0" coveredstatements="0" elements="3" coveredelements="2"/></project></coverage>`,
  );
  assert.equal(coverage.percentage, 66.67);
});

Deno.test("JaCoCo: only the root's LINE counter counts", async () => {
  const counter = (type: string, missed: number, covered: number) =>
    `<counter type="${type}" missed="${missed}" covered="${covered}"/>`;
  const inner = `<package><class>${counter("LINE", 1, 9)}</class>${
    counter("LINE", 0, 99)
  }</package>`;
  const document =
    `<!DOCTYPE report PUBLIC "-//JACOCO//DTD" "report.dtd"><report name="x">${inner}${
      counter("INSTRUCTION", 0, 7)
    }${counter("LINE", 3, 1)}</report>`;
  assert.equal((await read(document)).percentage, 25);
});

Deno.test("JaCoCo: without LINE, instructions count and the format says so", async () => {
  const coverage = await read(
    `<report name="x"><counter type="INSTRUCTION" missed="1" covered="3"/></report>`,
  );
  assert.deepEqual([coverage.percentage, coverage.format], [75, "jacoco-instruction"]);
  assert.match(await refusal(`<report name="x"><package name="p"/></report>`), /0 of 0 lines/);
  assert.match(await refusal(`<report><testsuite/></report>`), /of no known format/);
});

Deno.test("a report of many small lines and a report of one long line read the same", async () => {
  const body = `<class filename="f">${lines(...Array(50_000).fill(1))}</class>`;
  const one = `<coverage line-rate="1"><packages>${body}</packages></coverage>`;
  assert.equal((await read(one)).linesValid, 50_000);
  const many = one.replaceAll("><", ">\r\n<");
  assert.equal((await read(many, 1000)).linesValid, 50_000);
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
      assert.equal((await read(bytes, chunkSize)).percentage, 50);
    }
  }
  assert.match(await refusal(document("klingon")), /unknown encoding, "klingon"/);
});

Deno.test("what cannot be read is refused with the reason", async () => {
  assert.match(await refusal(""), /not well-formed XML/);
  assert.match(await refusal("mode: set\nmain.go:1.1,2.2 1 1\n"), /not well-formed XML/);
  assert.match(await refusal("<html/>"), /of no known format.*<html>.*cobertura, clover, jacoco/);
  assert.match(await refusal(`<coverage version="1"><file/></coverage>`), /of no known format/);
  assert.match(
    await refusal(`<coverage line-rate="1" lines-valid="1" lines-covered="1">\n<a>\n</coverage>`),
    /not well-formed XML.*line 3, column \d+/,
  );
  assert.match(
    await refusal(`<coverage line-rate="1">\n<class name="a&b <tag>"/>\n</coverage>`),
    /not well-formed XML.*line \d+, column \d+/,
  );
  assert.match(
    await refusal(`<coverage line-rate="0" lines-valid="0" lines-covered="0"/>`),
    /0 of 0 lines/,
  );
  assert.match(
    await refusal(`<coverage line-rate="1" lines-valid="3" lines-covered="4"/>`),
    /4 of 3 lines/,
  );
});

Deno.test("depth, attributes and the length of a token are bounded", async () => {
  const root = `<coverage line-rate="1" lines-valid="1" lines-covered="1">`;
  assert.match(await refusal(root + "<a>".repeat(1000)), /not well-formed XML/);
  const attributes = Array.from({ length: 1000 }, (_, at) => `a${at}="1"`).join(" ");
  assert.match(await refusal(`${root}<a ${attributes}/></coverage>`), /not well-formed XML/);
  const long = "x".repeat(17 * 1024 * 1024);
  assert.match(
    await refusal(`${root}<a b="${long}"/></coverage>`),
    /more than 16777216 characters/,
  );
});

Deno.test("a DTD is not processed: no entity of it is expanded", async () => {
  const laughs = `<!DOCTYPE coverage [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>` +
    `<coverage line-rate="1" lines-valid="1" lines-covered="1" x="&b;"/>`;
  assert.match(await refusal(laughs), /not well-formed XML/);
});

Deno.test("a failure of the source is passed on as it is", async () => {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new TypeError("client gone")),
  });
  await assert.rejects(readCoverage(source, formats), {
    name: "TypeError",
    message: "client gone",
  });
  // A plain error, as a full disk is, must not be taken for one of the parser's.
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const disk = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(full),
  });
  await assert.rejects(readCoverage(disk, formats), full);
});
