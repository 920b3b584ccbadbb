/** Line numbers in ascending order, as ranges. */
export class Ranges {
  /** First and last line of each range. */
  readonly #bounds: number[] = [];

  get length(): number {
    return this.#bounds.length / 2;
  }

  /** Adds a line after all others; tells whether that began a new range. */
  add(line: number): boolean {
    const bounds = this.#bounds;
    if (bounds[bounds.length - 1] === line - 1) {
      bounds[bounds.length - 1] = line;
      return false;
    }
    bounds.push(line, line);
    return true;
  }

  *[Symbol.iterator](): Generator<readonly [first: number, last: number]> {
    for (let at = 0; at < this.#bounds.length; at += 2) {
      yield [this.#bounds[at]!, this.#bounds[at + 1]!];
    }
  }
}
