// deno-lint-ignore-file no-control-regex
/**
 * Every format that the server reads, and what a file of no such format looks like, so that a refusal
 * says what to give instead.
 */
import { clip, quote } from "../errors.ts";
import { clover } from "./clover.ts";
import { cobertura } from "./cobertura.ts";
import { CoverageError } from "./coverage.ts";
import { coveragePy } from "./coverage_py.ts";
import type { CoverageFormat } from "./format.ts";
import { gcovr, gcovrSummary } from "./gcovr.ts";
import { go } from "./go_cover.ts";
import { istanbul, istanbulSummary } from "./istanbul.ts";
import { jacoco } from "./jacoco.ts";
import { lcov } from "./lcov.ts";
import { llvmCov } from "./llvm_cov.ts";
import { opencover } from "./opencover.ts";
import { simplecov } from "./simplecov.ts";
import { sonarqube } from "./sonarqube.ts";

/** In the order that messages list them: no document is of two formats. */
export const formats: readonly CoverageFormat[] = [
  cobertura,
  clover,
  jacoco,
  lcov,
  go,
  istanbul,
  istanbulSummary,
  coveragePy,
  simplecov,
  llvmCov,
  gcovr,
  gcovrSummary,
  opencover,
  sonarqube,
];

/** What tells a file of another kind, what that looks like, and the file that is read instead. */
type Kind = readonly [told: RegExp, looksLike: string, instead: string];

const ANY = "the XML, JSON or LCOV file that the coverage tool writes";
const CLOVER = "what PHPUnit writes with --coverage-clover";
const DOTNET = "what dotnet-coverage writes with -f cobertura";

/** First bytes, as Latin-1. */
const BYTES: readonly Kind[] = [
  [/^\x1f\x8b/, "a gzip file", "the unpacked coverage file"],
  [/^PK[\x03\x05]/, "a zip file", "the unpacked coverage file"],
  [
    /^SQLite format 3/,
    "an SQLite database, perhaps coverage.py's .coverage",
    "what `coverage xml` writes",
  ],
  [/^\x01\xc0\xc0/, "JaCoCo's execution data (.exec)", "JaCoCo's XML report"],
  [/^(?:adcg|gcda|oncg|gcno)/, "gcc's raw counters", "what gcovr or lcov writes"],
  [/^(?:\xff?lprof|.rforpl\x81|\x81rforpl)/, "LLVM's raw profile", "what `llvm-cov export` writes"],
  [/^<\?php|^a:\d+:\{/, "PHPUnit's raw data", CLOVER],
  [/^\s*<(?:!doctype\s+html|html)/i, "an HTML page", ANY],
  [/^GROUP,PACKAGE,CLASS,/, "JaCoCo's CSV report", "JaCoCo's XML report"],
  [/^\s+-:\s+0:Source:/, "gcov's text output", "what gcovr or lcov writes"],
];

/** Root elements of XML. */
const ROOTS: readonly Kind[] = [
  [/^html$/, "an HTML page", ANY],
  [/^testsuites?$/, "JUnit test results", ANY],
  [/^phpunit$/, "PHPUnit's --coverage-xml index", CLOVER],
  [/^crap_result$/, "a Crap4j report", CLOVER],
  [/^(?:results|CoverageDSPriv)$/, "a Visual Studio coverage report", DOTNET],
  [/^TestRun$/, "test results of .NET (.trx)", "what coverlet writes as Cobertura"],
  [/^scoverage$/, "scoverage's own report", "cobertura.xml, which scoverage writes as well"],
];

/** First keys of JSON. */
const KEYS: readonly Kind[] = [
  [/^source_files$/, "a Coveralls upload", ANY],
  [
    /^result$/,
    "V8's raw coverage or SimpleCov's .last_run.json",
    "what c8 writes, or .resultset.json",
  ],
  [/^mappings$/, "a source map", ANY],
  [/^numTotalTests$/, "Jest's test results", ANY],
  [/\.(?:dll|exe)$/i, "coverlet's own JSON", "what coverlet writes as Cobertura"],
  [/^coverage$/, "Dart's JSON or a Codecov upload", "the LCOV file of the coverage tool"],
];

/** A refusal by the first bytes of a file, nothing where they say nothing. */
export function unknownBytes(head: Uint8Array): CoverageError | undefined {
  const text = String.fromCharCode(...head.subarray(0, 200)).replace(/^\xef\xbb\xbf/, "");
  const looks = looksLike(BYTES, text);
  return looks === undefined ? undefined : refusal(looks);
}

export function unknownRoot(root: string): CoverageError {
  return refusal(looksLike(ROOTS, root) ?? `its root element is <${clip(root, 100)}>`);
}

/** `keys` are the first at the root, none for an array. */
export function unknownKeys(keys: readonly string[]): CoverageError {
  const found = keys.length > 0
    ? `it is JSON, and its first keys are ${keys.map(quote).join(", ")}`
    : "it is JSON without any keys";
  return refusal(looksLike(KEYS, ...keys) ?? found);
}

export function unknownLine(line: string): CoverageError {
  return refusal(`it begins with ${quote(clip(line, 60))}`);
}

function looksLike(kinds: readonly Kind[], ...texts: string[]): string | undefined {
  const kind = kinds.find(([told]) => texts.some((text) => told.test(text)));
  return kind && `it looks like ${kind[1]}; give ${kind[2]}`;
}

function refusal(what: string): CoverageError {
  const known = formats.map((format) => format.title).join(", ");
  return new CoverageError(`is of no known format: ${what}. Known are ${known}`);
}
