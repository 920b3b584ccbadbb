import assert from "node:assert/strict";
import { counted, lines, refusal } from "./read.ts";

const metrics = (valid: number, covered: number, more = "") =>
  `<metrics statements="${valid}" coveredstatements="${covered}" ${more}/>`;
const clover = (body: string) => `<coverage generated="1"><project>${body}</project></coverage>`;

Deno.test("Clover: only the project's own metrics count, first or last", async () => {
  const other = metrics(9, 9);
  const own = metrics(4, 1, `elements="8" coveredelements="8"`);
  const file = `<package><file>${other}<class>${other}</class></file>${other}</package>`;
  const tests = `<testproject>${other}</testproject>`;
  for (const body of [own + file, file + own]) {
    const document = `<coverage generated="1">${tests}<project>${body}</project></coverage>`;
    assert.equal(await counted(document), "1/4 clover");
  }
});

Deno.test("Clover: elements count where there are no statements", async () => {
  const elements = metrics(0, 0, `elements="3" coveredelements="2"`);
  assert.equal(await counted(clover(elements)), "2/3 clover");
});

Deno.test("Clover: without the project's numbers, the files' metrics count, then the lines", async () => {
  const line = (number: number, count: number, type = "stmt") =>
    `<line num="${number}" type="${type}" count="${count}"/>`;
  const file = (name: string, own: string) =>
    `<file name="${name}">${own}<class>${metrics(9, 9)}</class>${line(1, 0, "method")}${
      line(2, 1)
    }${line(3, 0, "cond")}</file>`;
  for (const project of ["", metrics(0, 0)]) {
    assert.equal(
      await counted(clover(project + file("a", metrics(4, 1)) + file("b", metrics(2, 2)))),
      "3/6 clover",
    );
    assert.equal(await counted(clover(project + file("a", metrics(0, 0)))), "1/2 clover");
  }
});

Deno.test("Clover: invalid counts are refused", async () => {
  assert.match(
    await refusal(clover(`<metrics statements="-1" coveredstatements="0"/>`)),
    /statements="-1", which is not a count/,
  );
});

Deno.test("Clover: lines are of statements and conditions, by the full path", async () => {
  const document = clover(
    `${metrics(2, 1)}<package name="p"><file name="a.js" path="/src/a.js">` +
      `<line num="1" type="method" count="5"/><line num="2" type="stmt" count="5"/>` +
      `<line num="3" type="cond" truecount="1" falsecount="2"/></file></package>`,
  );
  assert.deepEqual(await lines(document), { "/src/a.js": { 2: 1, 3: 1 } });
});

const counter = (missed: number | string, covered: number, type = "LINE") =>
  `<counter type="${type}" missed="${missed}" covered="${covered}"/>`;
const report = (body: string) =>
  `<!DOCTYPE report PUBLIC "-//JACOCO//DTD" "report.dtd"[]><report name="x">${body}</report>`;

Deno.test("JaCoCo: the root's counter is the sum of the packages', else that sum counts", async () => {
  const one = `<package name="a"><class>${counter(9, 9)}</class>${counter(1, 3)}</package>`;
  const two = `<group name="g"><package name="b">${counter(2, 2)}</package>${
    counter(2, 2)
  }</group>`;
  const root = (missed: number, covered: number) =>
    counter(0, 7, "INSTRUCTION") + counter(missed, covered);
  assert.equal(await counted(report(one + two + root(3, 5))), "5/8 jacoco");
  assert.equal(await counted(report(one + two + root(2, 2))), "5/8 jacoco");
  assert.equal(await counted(report(one + two)), "5/8 jacoco");
  assert.equal(await counted(report(root(3, 1))), "1/4 jacoco");
});

Deno.test("JaCoCo: without counters of packages, source files count, then classes, then lines", async () => {
  const line = `<line nr="4" mi="0" ci="3"/><line nr="5" mi="2" ci="0"/>`;
  const source = (counters: string) => `<sourcefile name="S.java">${line}${counters}</sourcefile>`;
  const inPackage = (body: string) => report(`<package name="p">${body}</package>`);
  const own = `<class name="p/S">${counter(1, 2)}</class>`;
  assert.equal(await counted(inPackage(own + source(counter(3, 3)))), "3/6 jacoco");
  assert.equal(await counted(inPackage(own)), "2/3 jacoco");
  assert.equal(await counted(inPackage(source(""))), "1/2 jacoco");
  assert.deepEqual(await lines(inPackage(source(""))), { "p/S.java": { 4: 1, 5: 0 } });
});

Deno.test("JaCoCo: without LINE, instructions count and the format says so", async () => {
  const inPackage = `<package name="p">${counter(1, 3, "INSTRUCTION")}</package>`;
  assert.equal(
    await counted(report(inPackage + counter(1, 3, "INSTRUCTION"))),
    "3/4 jacoco-instruction",
  );
  assert.match(await refusal(report(`<package name="p"/>`)), /0 of 0 lines/);
  assert.match(await refusal(report(counter("NaN", 1))), /missed="NaN", which is not a count/);
  assert.match(await refusal("<report><testsuite/></report>"), /of no known format/);
});

Deno.test("JaCoCo: modules of a group keep their files apart", async () => {
  const group = (name: string) =>
    `<group name="${name}"><package name="p"><sourcefile name="A.java"><line nr="1" mi="0" ci="1"/>` +
    `</sourcefile></package></group>`;
  assert.deepEqual(await lines(report(group("one") + group("two"))), {
    "one/p/A.java": { 1: 1 },
    "two/p/A.java": { 1: 1 },
  });
});

Deno.test("OpenCover: the summary's sequence points count, and its lines are of the files", async () => {
  const points = `<Method><FileRef uid="1"/><SequencePoints>` +
    `<SequencePoint vc="2" sl="3" el="4"/><SequencePoint vc="0" sl="6" fileid="2"/>` +
    `<SequencePoint vc="1" sl="16707566" fileid="2"/></SequencePoints></Method>`;
  const session = (summary: string) =>
    `<CoverageSession>${summary}<Modules><Module><Summary numSequencePoints="9" ` +
    `visitedSequencePoints="9"/><Files><File uid="1" fullPath="C:\\src\\a.cs"/><File uid="2" ` +
    `fullPath="C:\\src\\b.cs"/></Files><Classes><Class><Methods>${points}</Methods></Class></Classes>` +
    `</Module></Modules></CoverageSession>`;
  const summary = `<Summary numSequencePoints="8" visitedSequencePoints="2"/>`;
  assert.equal(await counted(session(summary)), "2/8 opencover");
  assert.equal(await counted(session("")), "2/3 opencover");
  assert.deepEqual(await lines(session(summary)), {
    "C:/src/a.cs": { 3: 1, 4: 1 },
    "C:/src/b.cs": { 6: 0 },
  });
  assert.match(await refusal("<CoverageSession/>"), /0 of 0 lines/);
});

Deno.test("SonarQube's generic coverage: each line once", async () => {
  const line = (number: number, covered: boolean) =>
    `<lineToCover lineNumber="${number}" covered="${covered}" branchesToCover="2"/>`;
  const file = `<file path="src/a.c">${line(1, false)}${line(1, true)}${line(2, false)}</file>`;
  const document = `<coverage version="1">${file}</coverage>`;
  assert.equal(await counted(document), "1/2 sonarqube");
  assert.deepEqual(await lines(document), { "src/a.c": { 1: 1, 2: 0 } });
  assert.match(await refusal(`<coverage version="1"></coverage>`), /0 of 0 lines/);
});
