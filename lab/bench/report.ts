/**
 * Makes the report that the benchmarks upload: 3,000 pages in long paths, 57 MB with a 12 MB JaCoCo
 * XML, packed by the machine's own `tar`, as a CI job does.
 *
 * @module
 */
import { join } from "node:path";

/** Source-like words; the page compresses about as well as a real one. */
const WORDS = "return new String int public void final if else for list map get set service order"
  .split(" ");

/** A generator with a seed, so that every run packs the same bytes. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function page(random: () => number, lines: number): string {
  const html = ["<!DOCTYPE html><html><head><title>Source</title></head><body><pre>"];
  for (let line = 1; line <= lines; line++) {
    const words = Array.from(
      { length: 7 },
      () =>
        random() < 0.25
          ? random().toString(36).slice(2, 8)
          : WORDS[Math.floor(random() * WORDS.length)],
    );
    html.push(
      `<span class="${random() < 0.7 ? "fc" : "nc"}" id="L${line}">  ${words.join(" ")};</span>`,
    );
  }
  html.push("</pre></body></html>");
  return html.join("\n");
}

/** One line, as JaCoCo writes it; every line of every class, and the root's counters last. */
function jacocoXml(random: () => number, classes: number, linesEach: number): string {
  const xml = [
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="bench">',
  ];
  let covered = 0;
  for (let index = 0; index < classes; index++) {
    xml.push(`<package name="com/example/p${index}"><sourcefile name="C${index}.java">`);
    for (let line = 1; line <= linesEach; line++) {
      const hit = random() < 0.7 ? 1 : 0;
      covered += hit;
      xml.push(`<line nr="${line}" mi="${1 - hit}" ci="${hit}" mb="0" cb="0"/>`);
    }
    xml.push(`<counter type="LINE" missed="1" covered="1"/></sourcefile></package>`);
  }
  const missed = classes * linesEach - covered;
  xml.push(`<counter type="LINE" missed="${missed}" covered="${covered}"/></report>`);
  return xml.join("");
}

/** A report to upload. */
export interface BenchReport {
  /** The gzipped tar. */
  readonly archive: string;
  /** Bytes of its files. */
  readonly bytes: number;
  /** Its files. */
  readonly files: number;
}

/** What a report is made of. */
export interface ReportSize {
  /** Its folder's name. */
  readonly name: string;
  /** Pages. */
  readonly files: number;
  /** Lines of a page, about. */
  readonly linesEach: number;
  /** Classes in the XML. */
  readonly xmlClasses: number;
  /** Lines of a class. */
  readonly xmlLines: number;
}

/** A report as most repositories have it. */
export const SMALL_REPORT: ReportSize = {
  name: "small",
  files: 39,
  linesEach: 190,
  xmlClasses: 20,
  xmlLines: 50,
};

/** Writes a report of `files` pages, each of about `linesEach` lines, into `folder` and packs it. */
export async function makeReport(
  folder: string,
  options: ReportSize,
): Promise<BenchReport> {
  const random = randomFrom(42);
  const root = join(folder, options.name);
  let bytes = 0;
  for (let index = 0; index < options.files; index++) {
    const path = join(
      root,
      `coverage/com.example.application.module${index % 40}.service.implementation.internal`,
      `persistence.repository.generated.adapter/AbstractOrderServiceImplementation${index}.java.html`,
    );
    if (index < 40) await Deno.mkdir(join(path, ".."), { recursive: true });
    const html = page(random, Math.round(options.linesEach * (0.5 + random())));
    bytes += html.length;
    await Deno.writeTextFile(path, html);
  }
  const xml = jacocoXml(random, options.xmlClasses, options.xmlLines);
  bytes += xml.length;
  await Deno.writeTextFile(join(root, "coverage/jacoco.xml"), xml);
  const archive = join(folder, `${options.name}.tar.gz`);
  await run("tar", ["--format=gnu", "-C", root, "-zcf", archive, "coverage"]);
  await Deno.remove(root, { recursive: true });
  return { archive, bytes, files: options.files + 1 };
}

/** What no command here takes, however slow the machine. */
const COMMAND_MS = 300_000;

/**
 * Runs a command and returns what it printed; throws with its complaint when it fails, and when it
 * has not ended after five minutes.
 */
export async function run(command: string, args: string[]): Promise<string> {
  const signal = AbortSignal.timeout(COMMAND_MS);
  const output = await new Deno.Command(command, { args, signal, stdout: "piped", stderr: "piped" })
    .output();
  const decoder = new TextDecoder();
  if (!output.success) throw new Error(`${command}: ${decoder.decode(output.stderr)}`);
  return decoder.decode(output.stdout);
}
