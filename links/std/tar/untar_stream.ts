/**
 * Stands in for `jsr:@std/tar` where JSR cannot be reached: `UntarStream` with the published
 * semantics, written from the public documentation and POSIX' description of ustar. It is not built
 * on one of npm's tar readers because each of them resolves GNU and pax names itself and hides or
 * changes the type flag and the size, which those who check an archive must see as they are.
 *
 * @module
 */

/** The fields of a header block that every tar dialect has. */
export interface OriginalTarStreamHeader {
  /** Name of the entry, up to 100 bytes. */
  name: string;
  /** Size of the body in bytes; NaN where the field is no octal number, and the body is empty. */
  size: number;
  /** What the entry is, one character; the NUL of an old archive's file is given as `"0"`. */
  typeflag: string;
  /** Target of a link, up to 100 bytes. */
  linkname: string;
}

/** An entry of a tar archive. */
export interface TarStreamEntry {
  /** The name, with the ustar prefix before it. */
  path: string;
  /** The decoded header block. */
  header: OriginalTarStreamHeader;
  /** The body; absent where the type has none. Read or cancel it to reach the next entry. */
  readable?: ReadableStream<Uint8Array>;
}

const BLOCK = 512;
const decoder = new TextDecoder();
/** Links, devices, directories and FIFOs have no body, whatever their size field says. */
const WITHOUT_BODY = "123456";

/** Turns the bytes of a tar archive into its entries, one after the other. */
export class UntarStream implements TransformStream<Uint8Array, TarStreamEntry> {
  #bytes = new TransformStream<Uint8Array, Uint8Array>();
  #source = this.#bytes.readable.getReader();
  #chunk: Uint8Array = new Uint8Array(0);
  /** Bytes of the current body, and of the padding behind it, that have not been taken yet. */
  #body = 0;
  #padding = 0;
  #bodyDone = Promise.withResolvers<void>();
  #entries = ReadableStream.from<TarStreamEntry>(this.#read());

  /** The entries. */
  get readable(): ReadableStream<TarStreamEntry> {
    return this.#entries;
  }

  /** Takes the bytes of the archive. */
  get writable(): WritableStream<Uint8Array> {
    return this.#bytes.writable;
  }

  async *#read(): AsyncGenerator<TarStreamEntry> {
    try {
      while (true) {
        const block = await this.#block();
        // Two blocks of zeros end an archive. One that stops without them has lost its tail.
        if (isZero(block) && isZero(await this.#block())) break;
        const header = decodeHeader(block);
        const hasBody = !WITHOUT_BODY.includes(header.typeflag);
        const size = hasBody && header.size > 0 ? header.size : 0;
        this.#body = size;
        this.#padding = -size & (BLOCK - 1);
        this.#bodyDone = Promise.withResolvers();
        const prefix = text(block, 257, 8) === "ustar" ? text(block, 345, 155) : "";
        const path = prefix === "" ? header.name : `${prefix}/${header.name}`;
        yield { path, header, ...(hasBody ? { readable: this.#readable() } : {}) };
        if (hasBody) await this.#bodyDone.promise;
        await this.#skip(this.#body + this.#padding);
      }
    } finally {
      await this.#source.cancel().catch(() => {}); // tells the source when entries are given up
    }
  }

  #readable(): ReadableStream<Uint8Array> {
    const finish = () => this.#bodyDone.resolve();
    return new ReadableStream({
      pull: async (controller) => {
        if (this.#body > 0) {
          const part = await this.#take(this.#body);
          this.#body -= part.byteLength;
          controller.enqueue(part);
        }
        if (this.#body === 0) {
          controller.close();
          finish();
        }
      },
      cancel: finish,
    }, { highWaterMark: 0 });
  }

  async #block(): Promise<Uint8Array> {
    const block = new Uint8Array(BLOCK);
    for (let filled = 0; filled < BLOCK;) {
      const part = await this.#take(BLOCK - filled);
      block.set(part, filled);
      filled += part.byteLength;
    }
    return block;
  }

  async #skip(bytes: number): Promise<void> {
    while (bytes > 0) bytes -= (await this.#take(bytes)).byteLength;
  }

  /** Between 1 and `most` bytes; throws when the archive ends first. */
  async #take(most: number): Promise<Uint8Array> {
    while (this.#chunk.byteLength === 0) {
      const { done, value } = await this.#source.read();
      if (done) throw new SyntaxError("Unexpected end of the tar archive");
      this.#chunk = value;
    }
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.byteLength);
    return part;
  }
}

/** Throws where the checksum is not that of the block. */
function decodeHeader(block: Uint8Array): OriginalTarStreamHeader {
  let sum = 8 * 0x20; // the checksum's own field counts as blanks
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at]!;
  if (sum !== octal(block, 148, 8)) throw new SyntaxError("A tar header has an invalid checksum");
  return {
    name: text(block, 0, 100),
    size: octal(block, 124, 12),
    typeflag: block[156] === 0 ? "0" : String.fromCharCode(block[156]!),
    linkname: text(block, 157, 100),
  };
}

function text(block: Uint8Array, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

function octal(block: Uint8Array, start: number, length: number): number {
  const digits = text(block, start, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

function isZero(block: Uint8Array): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}
