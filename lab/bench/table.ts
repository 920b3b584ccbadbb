/**
 * Plain tables: every column as wide as its widest cell.
 *
 * @module
 */

/** What starts a cell that is aligned to the right. */
const NUMBER = /^[-≤≥<]? ?\d/;

/** Lines of aligned text; the first row is the head and is underlined. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, cell.length));
  }
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      NUMBER.test(cell) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd()
  );
  return lines.toSpliced(1, 0, widths.map((width) => "-".repeat(width)).join("  ")).join("\n");
}
