/**
 * Random choices that a seed repeats.
 *
 * @module
 */

/** Choices that are the same for the same seed and labels (sfc32, seeded by FNV-1a of both). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** `labels` set apart the choices of one input from those of every other. */
  constructor(seed: number, ...labels: readonly (string | number)[]) {
    const text = [seed, ...labels].join("/");
    [this.#a, this.#b, this.#c] = [fnv(`a${text}`), fnv(`b${text}`), fnv(`c${text}`)];
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** A whole number from 0 to 2³² − 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 to `end` − 1; 0 where there is none. */
  below(end: number): number {
    return end <= 1 ? 0 : Math.floor(this.uint32() / 2 ** 32 * end);
  }

  /** A whole number from `first` to `last`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** A length that is mostly short: each power of two up to `most` is as likely as the next. */
  length(most: number): number {
    return this.between(1, Math.max(1, Math.min(most, 2 ** this.below(Math.log2(most + 1) + 1))));
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }
}

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}
