/**
 * The import: of any file it makes a whole database or none, and a sentence.
 *
 * @module
 */
import type { Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { OperatorError } from "../../src/errors.ts";
import {
  emptyTables,
  exported,
  gunzipped,
  gzipped,
  imported,
} from "../../tests/support/exported.ts";
import { seed } from "../../tests/support/seed.ts";
import { byteMutations } from "./mutate_bytes.ts";
import { type Bytes, mutate, type Mutation } from "./mutation.ts";
import { type Bench, runPart } from "./part.ts";
import { Random } from "./random.ts";

/** What is put in the place of a value. */
const VALUES = [
  ...["null", "true", "0", "1", "-1", "2", "1e400", "99999999999999999999", "0.001", "[]", "{}"],
  ...['""', '".."', '"\\u0000"', '"\\ud800"', '"a/b"', '"2026-02-30T25:00:00Z"'],
  '"0000-01-01T00:00:00+00:00"',
];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A mutation of the lines of a text. */
function ofLines(
  kind: string,
  change: (lines: string[], at: number, random: Random) => void,
): Mutation {
  return {
    kind: `lines ${kind}`,
    apply(bytes, random) {
      const lines = decoder.decode(bytes).split("\n");
      change(lines, random.below(lines.length), random);
      return encoder.encode(lines.join("\n"));
    },
  };
}

const textMutations: Mutation[] = [
  ...byteMutations("text"),
  ofLines("delete", (lines, at) => void lines.splice(at, 1)),
  ofLines("duplicate", (lines, at) => void lines.splice(at, 0, lines[at]!)),
  ofLines("swap", (lines, at, random) => {
    const other = random.below(lines.length);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  }),
  ofLines("value", (lines, at, random) => {
    const values = [...lines[at]!.matchAll(/(?<=":)("[^"]*"|[^,{}"]+)/g)];
    if (values.length === 0) return;
    const { index, 0: { length } } = random.pick(values);
    lines[at] = lines[at]!.slice(0, index) + random.pick(VALUES) + lines[at]!.slice(index + length);
  }),
];
const fileMutations = byteMutations("file");

/** Gives mutated exports to `importDatabase`. */
export async function fuzzImport(bench: Bench): Promise<void> {
  const { options, ledger } = bench;
  const embedded = await startEmbedded();
  const sql = connect({ ...embedded.options, max: 1 });
  try {
    await migrate(sql, await readMigrations());
    for (const repo_name of ["shop", "shop", "other"]) await seed(sql, { repo_name });
    const file = await exported(sql);
    const text = encoder.encode(await gunzipped(file));
    await emptyTables(sql);
    await runPart(bench, "import", { runs: options.runs * 10, share: 0.1 }, async (iteration) => {
      const random = new Random(options.seed, "import", iteration);
      const ofText = iteration % 4 > 0;
      const { bytes, kinds } = mutate(
        ofText ? text : file,
        ofText ? textMutations : fileMutations,
        random,
      );
      const input = ofText ? await gzipped(bytes) : bytes;
      const { outcome, problems } = await attempt(sql, input);
      const source = ofText ? "an export's text" : "an export";
      ledger.add({ part: "import", iteration, kinds, outcome, problems, input, source });
    });
  } finally {
    await sql.end({ timeout: 5 });
    await embedded.close();
  }
}

/** Imports into the empty database, which it leaves empty. */
async function attempt(sql: Sql, input: Bytes): Promise<{ outcome: string; problems: string[] }> {
  try {
    const amount = await imported(sql, input);
    const problems = await strange(sql, amount);
    await emptyTables(sql);
    return { outcome: "imported", problems };
  } catch (error) {
    const problems = error instanceof OperatorError ? [] : [`it threw ${Deno.inspect(error)}`];
    const [left] = await sql`
      select from repositories union all select from coverages
      union all select from identity group by only_row having count(*) <> 1`;
    if (left) {
      problems.push("it was refused and has left rows");
      await emptyTables(sql);
    }
    return { outcome: "refused", problems };
  }
}

/** What is not as uploads would have left it. */
async function strange(
  sql: Sql,
  amount: { repositories: number; coverages: number },
): Promise<string[]> {
  const problems: string[] = [];
  const [there] = await sql`
    select (select count(*)::int from repositories) as repositories,
      (select count(*)::int from coverages) as coverages,
      (select count(*)::int from repositories where default_branches is null) as underived,
      (select count(*)::int from coverages c where c.newest is distinct from not exists (
        select from coverages d where d.repository_id = c.repository_id and d.id > c.id
          and d.branch_name = c.branch_name and d.language = c.language
      )) as misplaced`;
  const expected = { ...amount, underived: 0, misplaced: 0 };
  if (Deno.inspect({ ...there }) !== Deno.inspect(expected)) {
    problems.push(`there are ${Deno.inspect(there)}, of ${Deno.inspect(expected)}`);
  }
  // What was taken once can be moved on.
  const again = await exported(sql);
  await emptyTables(sql);
  await imported(sql, again).catch((error) => {
    problems.push(`its own export is refused: ${Deno.inspect(error)}`);
  });
  return problems;
}
