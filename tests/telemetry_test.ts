import assert from "node:assert/strict";
import { goodReport, tar } from "./support/archive.ts";
import { type Span, startCollector } from "./support/collector.ts";
import { addDatabase, withFolder } from "./support/folder.ts";
import { CAN_ASK, running, uploadTo } from "./support/server.ts";

Deno.test({
  name: "Deno exports the spans of an upload, the metrics and the log",
  ignore: !CAN_ASK, // the rest is exported at the stop
  async fn() {
    await using collector = startCollector();
    await withFolder(async (folder) => {
      await addDatabase(folder);
      const server = await running({
        DATA_DIR: folder,
        OTEL_DENO: "true",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_METRIC_EXPORT_INTERVAL: "5",
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.address,
      });
      assert.equal((await uploadTo(server, tar(goodReport()))).coverage.percentage, 75);
      const noCoverage = tar([{ name: "page.html", content: "no coverage" }]);
      await assert.rejects(uploadTo(server, noCoverage), /^Error: 422 /);
      await collector.metrics(
        ...["coverage.uploads", "coverage.report.size", "coverage.rows", "coverage.stored"],
      );
      const { code, output } = await server.stop("SIGTERM");
      assert.equal(code, 0, output);

      const attribute = (span: Span, name: string) =>
        span.attributes?.find(({ key }) => key === name)?.value.stringValue;
      const roots = collector.spans.filter((span) => span.name === "POST /coverages-api");
      assert.equal(roots.length, 2, JSON.stringify(collector.spans.map(({ name }) => name)));
      assert.deepEqual(roots.map((span) => attribute(span, "http.route")), [
        "/coverages-api",
        "/coverages-api",
      ]);
      const below = (parent: Span) =>
        collector.spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
      const [good, bad] = roots.map(below).sort((one, other) => other.length - one.length);
      const names = (spans: Span[]) => new Set(spans.map(({ name }) => name));
      assert.deepEqual(
        names(good!),
        new Set(["authenticate", "authorize", "extract", "parse", "patch", "database"]),
      );
      const failed = bad!.filter(({ status }) => status?.code === 2);
      assert.deepEqual(names(failed), new Set(["extract"]));
      const traces = [...output.matchAll(/ trace="([0-9a-f]{32})"/g)];
      assert.equal(traces.length, 2, "each log line has its trace");
      const logged = collector.lines.filter((line) => line.includes("INF request"));
      assert.equal(logged.length, 2, "the log is exported, too");
    });
  },
});
