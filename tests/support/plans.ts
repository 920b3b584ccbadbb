/** The plans of the statements that run, as a Postgres itself reports them. */
import type { Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";

export interface Plan {
  /** The statement. */
  readonly text: string;
  /** Nodes that read a table, by themselves or by an index. */
  readonly scans: readonly Scan[];
}

export interface Scan {
  /** As `EXPLAIN` calls it: `Seq Scan`, `Index Scan`, … */
  readonly kind: string;
  readonly table: string;
  readonly index: string | undefined;
  /** Rows that were read, those that a filter left out too, by all its loops. */
  readonly rows: number;
}

interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Node[];
}

/**
 * A client of the Postgres at `url`, with one connection, that calls `planned` with the plan of each
 * statement it runs. Its user has to be a superuser.
 */
export function connectExplained(url: string, planned: (plan: Plan) => void): Sql {
  const { hostname, port, pathname, username, password } = new URL(url);
  return connect({
    max: 1,
    host: hostname,
    port: Number(port || 5432),
    database: pathname.slice(1),
    user: username,
    ...(password ? { password } : {}),
    connection: {
      random_page_cost: "1.1", // as on a disk without a head
      session_preload_libraries: "auto_explain",
      "auto_explain.log_min_duration": "0", // a number 0 would be left out
      "auto_explain.log_analyze": "on",
      "auto_explain.log_timing": "off",
      "auto_explain.log_format": "json",
      "auto_explain.log_level": "notice",
    },
    onnotice({ message }) {
      const json = /plan:\n([^]*)$/.exec(message ?? "")?.[1];
      if (json === undefined) return;
      const { "Query Text": text, Plan: plan } = JSON.parse(json);
      planned({ text, scans: scansOf(plan) });
    },
  });
}

function scansOf(node: Node): Scan[] {
  const { "Relation Name": table, "Actual Rows": rows, "Actual Loops": loops } = node;
  const below = node.Plans?.flatMap(scansOf) ?? [];
  if (table === undefined || !node["Node Type"].includes("Scan")) return below;
  const read = rows + (node["Rows Removed by Filter"] ?? 0);
  const scan = { kind: node["Node Type"], table, index: node["Index Name"], rows: read * loops };
  return [scan, ...below];
}
