// A code-coverage-dashboard as its operator has it: the table that GORM makes, and an assets
// folder.
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The columns of the table, as SQLite and MySQL both take them. */
const COLUMNS = ["org_name", "repo_name", "branch_name", "commit_hash", "commit_author", "language"]
  .map((name) => `${name} varchar(255) not null`).join(", ") +
  ", percentage varchar(255) not null, created_at timestamp null, updated_at timestamp null, " +
  "deleted_at timestamp null";

/** The table, for an `id` of that definition. */
export function tableOf(id: string): string {
  return `create table coverages (id ${id}, ${COLUMNS}, primary key (id))`;
}

/** What differs from `ROW`. */
export type Row = Partial<Record<string, string | number | null>>;

const ROW: Row = {
  org_name: "acme",
  repo_name: "shop",
  branch_name: "main",
  commit_hash: "0123456789abcdef",
  commit_author: "ada",
  language: "go",
  percentage: "33.03",
  created_at: "2022-04-25 09:30:00.123456789+09:00",
  updated_at: "2022-04-25 09:30:00.123456789+09:00",
  deleted_at: null,
};

/** The statement that adds a row, and its values. */
export function insertOf(row: Row): { statement: string; values: (string | number | null)[] } {
  const whole = Object.entries({ ...ROW, ...row });
  const names = whole.map(([name]) => name);
  return {
    statement: `insert into coverages (${names}) values (${names.map(() => "?")})`,
    values: whole.map(([, value]) => value ?? null),
  };
}

/** A folder with `sqlite.db` and `assets/`. */
export interface OldDashboard extends AsyncDisposable {
  readonly database: string;
  readonly assets: string;
  add(...rows: Row[]): void;
  /** Writes a file into the report of `org/repo/branch`. */
  write(branch: string, path: string, content: string): Promise<string>;
}

/** Makes one; dispose it to remove its files. */
export async function oldDashboard(): Promise<OldDashboard> {
  const folder = await Deno.makeTempDir({ prefix: "coverage-dashboard-" });
  const database = join(folder, "sqlite.db");
  const assets = join(folder, "assets");
  await Deno.mkdir(assets);
  const sqlite = new DatabaseSync(database);
  sqlite.exec(tableOf("integer"));
  return {
    database,
    assets,
    add(...rows) {
      for (const { statement, values } of rows.map(insertOf)) {
        sqlite.prepare(statement).run(...values);
      }
    },
    async write(branch, path, content) {
      const file = join(assets, branch, "archive", path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, content);
      return file;
    },
    async [Symbol.asyncDispose]() {
      sqlite.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
