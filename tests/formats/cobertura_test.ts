import assert from "node:assert/strict";
import { counted, lines, parse, refusal, total } from "./read.ts";

const line = (number: number | string, hits: number | string) =>
  `<line number="${number}" hits="${hits}"/>`;
const ofHits = (...hits: (number | string)[]) =>
  `<lines>${hits.map((hit, at) => line(at + 1, hit)).join("")}</lines>`;
const file = (name: string, ...hits: (number | string)[]) =>
  `<class name="C" filename="${name}">${ofHits(...hits)}</class>`;
const packages = (...classes: string[]) =>
  classes.map((text, at) => `<package name="p${at}"><classes>${text}</classes></package>`).join("");
const coverage = (root: string, ...classes: string[]) =>
  `<coverage ${root}><packages>${packages(...classes)}</packages></coverage>`;

Deno.test("Cobertura: the root's totals count where they can be true, whatever the lines say", async () => {
  const root = (attributes: string) => coverage(attributes, file("a", 1, 0));
  assert.equal(await counted(root(`lines-valid="4" lines-covered="3"`)), "3/4 cobertura");
  for (const rate of ["0.75", "0.7500001", "0.754", "75", "0,75", "NaN"]) {
    assert.equal(
      await counted(root(`line-rate="${rate}" lines-valid="4" lines-covered="3"`)),
      "3/4 cobertura",
      rate,
    );
  }
  assert.equal(
    await counted(root(`lines-valid="1,204" lines-covered="602.0"`)),
    "602/1204 cobertura",
  );
});

Deno.test("Cobertura: the lines count where the root's totals cannot be true", async () => {
  for (
    const root of [
      `lines-valid="3" lines-covered="4"`,
      `line-rate="0" lines-valid="0" lines-covered="0"`,
      `line-rate="78" lines-valid="24" lines-covered="7"`,
      `line-rate="0.9" lines-valid="24" lines-covered="7"`,
    ]
  ) {
    assert.equal(await counted(coverage(root, file("a", 1, 0))), "1/2 cobertura", root);
  }
});

Deno.test("Cobertura: totals without lines that contradict themselves", async () => {
  assert.match(await refusal(`<coverage lines-valid="3" lines-covered="4"/>`), /4 of 3 lines/);
  assert.match(await refusal(`<coverage lines-valid="0" lines-covered="0"/>`), /0 of 0 lines/);
  assert.equal(
    await counted(`<coverage line-rate="0.1" lines-valid="4" lines-covered="3"/>`),
    "3/4 cobertura",
  );
});

Deno.test("Cobertura: an invalid count is refused, not replaced by the rate", async () => {
  for (const count of ["-1", "NaN", " 1", "", "1.5", "1e3"]) {
    const root = `<coverage line-rate="0.5" lines-valid="${count}" lines-covered="1"/>`;
    assert.match(await refusal(root), /lines-valid=.*is not a count/, count);
  }
});

Deno.test("Cobertura without totals: a line of a file counts once, hit if any class hit it", async () => {
  const methods = `<methods><method>${ofHits(0, 0, 0, 0, 0, 0)}</method></methods>`;
  const document = coverage(
    `line-rate="0.99"`,
    `<class filename="a.py">${methods}${ofHits(1, 0, 0)}</class>` + file("a.py", 0, 5) +
      file("b.py", 0),
  );
  assert.equal(await counted(document), "2/4 cobertura");
});

Deno.test("Cobertura without totals: of the ways to count, the one that gives its own rate", async () => {
  const classes = file("a", 1, 0) + file("a", 0, 1);
  assert.equal(await counted(coverage(`line-rate="1"`, classes)), "2/2 cobertura");
  assert.equal(await counted(coverage(`line-rate="0.5"`, classes)), "2/4 cobertura");
  const twoPackages = [file("a", 1, 0) + file("a", 1, 0), file("a", 0, 0, 0, 0)];
  assert.equal(await counted(coverage(`line-rate="0.25"`, ...twoPackages)), "1/4 cobertura");
  assert.equal(await counted(coverage(`line-rate="0.1667"`, ...twoPackages)), "1/6 cobertura");
  assert.equal(await counted(coverage(`branch-rate="0"`, classes)), "2/2 cobertura");
});

Deno.test("Cobertura without totals: classes without a file name are files of their own", async () => {
  const one = (name: string, hits: number) =>
    `<class name="${name}" filename="">${ofHits(hits, hits)}</class>`;
  assert.equal(
    await counted(coverage(`line-rate="0.5"`, one("A", 1) + one("B", 0))),
    "2/4 cobertura",
  );
});

Deno.test("Cobertura: lines of methods count where a class has none of its own", async () => {
  const methods = `<class filename="a"><methods><method>${ofHits(1, 0)}</method><method>` +
    `<lines>${line(7, 1)}</lines></method></methods><lines/></class>`;
  assert.equal(await counted(coverage(`line-rate="0.66"`, methods)), "2/3 cobertura");
});

Deno.test("Cobertura: a bare rate counts only where there is no class", async () => {
  assert.deepEqual(await parse(`<coverage line-rate="0.5832999999999999"/>`), {
    total: { percentage: 58.33, linesCovered: null, linesValid: null, format: "cobertura" },
    lines: null,
  });
  assert.equal((await total(`<coverage line-rate="0,5"/>`)).percentage, 50);
  const empty = coverage(`line-rate="1"`, `<class filename="a"><methods/><lines/></class>`);
  assert.match(await refusal(empty), /0 of 0 lines/);
  for (const rate of ["NaN", "", "  ", "1.5", "-1", "high", "0x1"]) {
    await refusal(`<coverage line-rate="${rate}"/>`);
  }
});

Deno.test("Cobertura: hits as tools write them", async () => {
  const written = ["1.0", "1,204", "12345678901234567890", "1e6", "-1", "0.0", "0,5", ""];
  assert.deepEqual(await lines(coverage(`line-rate="1"`, file("a", ...written))), {
    a: { 1: 1, 2: 1, 3: 1, 4: 1, 5: 0, 6: 0, 7: 1, 8: 0 },
  });
  assert.match(await refusal(coverage(`line-rate="1"`, file("a", "many"))), /hits "many"/);
});

Deno.test("Cobertura: the lines of each file, and where the paths begin", async () => {
  const document = coverage(`line-rate="0.5"`, file("./src/a.c", 1, 0) + file("lib\\b.c", 3))
    .replace(
      "<packages>",
      "<sources><source>/src &amp; more</source><source> </source></sources>$&",
    );
  assert.deepEqual(await lines(document), { "src/a.c": { 1: 1, 2: 0 }, "lib/b.c": { 1: 1 } });
  assert.deepEqual((await parse(document)).sourceRoots, ["/src & more"]);
});

Deno.test("Cobertura without root attributes is recognized by its packages", async () => {
  assert.equal(await counted(coverage("", file("a", 1))), "1/1 cobertura");
});
