/**
 * What the databases of ancestors have in common.
 *
 * @module
 */

/** A row as it stands there, unchecked. */
export type RawRow = Readonly<Record<string, unknown>>;

/** An open database of either kind. */
export interface Connection {
  /** Runs a statement, in SQL that both kinds have in common, with `?` for each parameter. */
  query(statement: string, parameters: readonly (string | number)[]): Promise<RawRow[]>;
  /** Closes it. */
  close(): Promise<void>;
}
