/** Unsigned numbers of up to 32 bits in 1 to 5 bytes each, as LEB128 has them. */

/** Bytes that grow as they are written. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far; a view that the next write may overwrite. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  varint(value: number): void {
    this.#reserve(5);
    while (value > 127) {
      this.#bytes[this.#length++] = (value & 127) | 128;
      value = value >>> 7;
    }
    this.#bytes[this.#length++] = value;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.byteLength) return;
    const length = Math.max(this.#bytes.byteLength * 3 >>> 1, this.#length + count);
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(length));
  }
}

/** Reads what {@linkcode ByteWriter} wrote; throws a `RangeError` past the end. */
export class ByteReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.#at >= this.bytes.byteLength;
  }

  varint(): number {
    let value = 0, shift = 0;
    while (true) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
      shift += 7;
    }
  }

  byte(): number {
    const byte = this.bytes[this.#at++];
    if (byte === undefined) throw new RangeError("The bytes end early");
    return byte;
  }

  read(count: number): Uint8Array {
    if (this.#at + count > this.bytes.byteLength) throw new RangeError("The bytes end early");
    return this.bytes.subarray(this.#at, this.#at += count);
  }
}
