/**
 * The report that the benchmarks upload, and how: packed by the machine's own `tar` and sent by
 * `curl`, as a CI job does.
 */
import { join } from "node:path";
import { FIELDS } from "../../tests/support/fields.ts";
import { run } from "../support/server.ts";

/**
 * Packs pages in long paths, as JaCoCo has them, and its XML with so many classes of 175 lines; returns
 * the archive.
 */
export async function makeReport(
  folder: string,
  { pages, classes }: { pages: number; classes: number },
): Promise<string> {
  const root = join(folder, "unpacked");
  for (let number = 0; number < pages; number++) {
    const path = join(root, pagePath(number));
    if (number < 40) await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, page(140 + Math.floor(280 * Math.random())));
  }
  await Deno.writeTextFile(join(root, "coverage/jacoco.xml"), jacocoXml(classes, 175));
  const archive = join(folder, "report.tar.gz");
  await run("tar", "--format=gnu", "-C", root, "-zcf", archive, "coverage");
  await Deno.remove(root, { recursive: true });
  return archive;
}

/** Where a page is in the report. */
function pagePath(number: number): string {
  return `coverage/com.example.application.module${number % 40}.service.implementation.internal/` +
    "persistence.repository.generated.adapter/" +
    `AbstractOrderServiceImplementation${number}.java.html`;
}

/** Compresses about as well as a real one. */
function page(lines: number): string {
  const html = Array.from({ length: lines }, (_, line) => {
    const noise = Math.random().toString(36).slice(2, 8);
    return `<span class="fc" id="L${line}">    return ${noise} new list;</span>`;
  });
  return `<!DOCTYPE html><html><head><title>Source</title></head><pre>${html.join("\n")}</pre>`;
}

/** One line, as JaCoCo writes it; every line of every class, and the root's counters last. */
function jacocoXml(classes: number, linesEach: number): string {
  const lines = Array.from({ length: linesEach }, (_, line) => {
    const hit = line % 3 ? 1 : 0;
    return `<line nr="${line + 1}" mi="${1 - hit}" ci="${hit}" mb="0" cb="0"/>`;
  }).join("");
  const missed = Math.ceil(linesEach / 3);
  const counter = (times: number) =>
    `<counter type="LINE" missed="${missed * times}" covered="${(linesEach - missed) * times}"/>`;
  const one = `<sourcefile name="C.java">${lines}${counter(1)}</sourcefile>${counter(1)}</package>`;
  const packages = Array.from({ length: classes }, (_, n) => `<package name="com/p${n}">${one}`);
  return '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' +
    '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="bench">' +
    `${packages.join("")}${counter(classes)}</report>`;
}

/** Sends an archive by `curl`; the milliseconds that the command took. Throws unless it is answered 200. */
export async function sendByCurl(
  address: string,
  archive: string,
  options: { branch: string; file?: string; as?: "body" | "form" },
): Promise<number> {
  const { branch, file = "jacoco.xml", as = "body" } = options;
  const fields = { ...FIELDS, branch_name: branch, coverage_xml_file_name: file };
  const url = `${address}/coverages-api?${new URLSearchParams(fields)}`;
  const body = as === "form"
    ? ["--form", `file=@${archive}`]
    : ["-H", "Content-Type: application/gzip", "--data-binary", `@${archive}`];
  const startedAt = performance.now();
  await run(
    "curl",
    ...["-sS", "--fail-with-body", "--max-time", "120", "-o", "/dev/null"],
    ...body,
    url,
  );
  return performance.now() - startedAt;
}
