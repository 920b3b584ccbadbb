/** The registry: every format that the server reads. */
import { clover } from "./clover.ts";
import { cobertura } from "./cobertura.ts";
import { coveragePy } from "./coverage_py.ts";
import type { CoverageFormat } from "./format.ts";
import { gcovr, gcovrSummary } from "./gcovr.ts";
import { go } from "./go_cover.ts";
import { istanbul } from "./istanbul.ts";
import { istanbulSummary } from "./istanbul_summary.ts";
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
