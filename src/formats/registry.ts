/**
 * The registry: every format that the server reads.
 *
 * @module
 */
import { clover } from "./clover.ts";
import { cobertura } from "./cobertura.ts";
import type { CoverageFormat } from "./format.ts";
import { jacoco } from "./jacoco.ts";

/** In no order that matters: at most one of them opens a given root element. */
export const formats: readonly CoverageFormat[] = [cobertura, clover, jacoco];
