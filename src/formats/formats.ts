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

/** What a file looks like, and the file that is read instead. */
type Looks = readonly [looksLike: string, instead: string];

const ANY = "the XML, JSON or LCOV file that the coverage tool writes";

/** First bytes, as Latin-1. */
const BYTES: readonly (readonly [RegExp, ...Looks])[] = [
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
  [/^<\?php|^a:\d+:\{/, "PHPUnit's raw data", "what PHPUnit writes with --coverage-clover"],
  [/^\s*<(?:!doctype\s+html|html)/i, "an HTML page", ANY],
  [/^GROUP,PACKAGE,CLASS,/, "JaCoCo's CSV report", "JaCoCo's XML report"],
  [/^\s+-:\s+0:Source:/, "gcov's text output", "what gcovr or lcov writes"],
];

/** Root elements of XML. */
const ROOTS: Readonly<Record<string, Looks>> = {
  html: ["an HTML page", ANY],
  testsuites: ["JUnit test results", ANY],
  testsuite: ["JUnit test results", ANY],
  phpunit: ["PHPUnit's --coverage-xml index", "what PHPUnit writes with --coverage-clover"],
  crap_result: ["a Crap4j report", "what PHPUnit writes with --coverage-clover"],
  results: ["a Visual Studio coverage report", "what dotnet-coverage writes with -f cobertura"],
  CoverageDSPriv: [
    "a Visual Studio coverage report",
    "what dotnet-coverage writes with -f cobertura",
  ],
  TestRun: ["test results of .NET (.trx)", "what coverlet writes as Cobertura"],
  scoverage: ["scoverage's own report", "cobertura.xml, which scoverage writes as well"],
};

/** First keys of JSON. */
const KEYS: readonly (readonly [RegExp, ...Looks])[] = [
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
  for (const [pattern, ...looks] of BYTES) if (pattern.test(text)) return refusal(looks);
  return undefined;
}

export function unknownRoot(root: string): CoverageError {
  return refusal(ROOTS[root] ?? [], `its root element is <${clip(root, 100)}>`);
}

/** `keys` are the first at the root, none for an array. */
export function unknownKeys(keys: readonly string[]): CoverageError {
  const [, ...looks] = KEYS.find(([pattern]) => keys.some((key) => pattern.test(key))) ?? [];
  const found = keys.length > 0
    ? `it is JSON, and its first keys are ${keys.map(quote).join(", ")}`
    : "it is JSON without any keys";
  return refusal(looks, found);
}

export function unknownLine(line: string): CoverageError {
  return refusal([], `it begins with ${quote(clip(line, 60))}`);
}

function refusal([looksLike, instead]: Looks | readonly [], found = ""): CoverageError {
  const what = looksLike ? `it looks like ${looksLike}; give ${instead}` : found;
  const known = formats.map((format) => format.title).join(", ");
  return new CoverageError(`is of no known format: ${what}. Known are ${known}`);
}
