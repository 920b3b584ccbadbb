/**
 * SonarQube's generic coverage, version 1: gcovr, Istanbul converters and others.
 * https://docs.sonarsource.com/sonarqube-server/latest/analyzing-source-code/test-coverage/generic-test-data/
 */
import { wholeNumber } from "./counts.ts";
import { coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { Attributes, XmlFormat, XmlReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

export const sonarqube: XmlFormat = {
  kind: "xml",
  name: "sonarqube",
  title: "SonarQube generic coverage",
  open({ name, attributes, child }, lines) {
    const isGeneric = name === "coverage" &&
      (child === "file" || (child === "" && attributes.get("version") !== undefined));
    return isGeneric ? new SonarQubeReader(lines) : undefined;
  },
};

class SonarQubeReader implements XmlReader {
  constructor(private readonly lines: LineCollector) {}

  start(name: string, attributes: Attributes): void {
    if (name === "file") {
      this.lines.begin(attributes.get("path") ?? "");
    } else if (name === "lineToCover") {
      const number = wholeNumber(attributes.get("lineNumber") ?? "");
      if (number === undefined) return;
      this.lines.add(number, /^(?:true|1)$/i.test(attributes.get("covered") ?? "") ? 1 : 0);
    }
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    return { total: coverageOf(lines, sonarqube.name), lines: lines.encoded };
  }
}
