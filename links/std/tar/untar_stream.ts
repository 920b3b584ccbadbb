/**
 * Stands in for `jsr:@std/tar` where JSR cannot be reached: `UntarStream` with the published
 * semantics, written from the public documentation. Header blocks are decoded by node-tar's
 * `Header`, which unlike the streaming readers on npm keeps the raw type flag, so that GNU long
 * names (`L`, `K`) and pax records (`x`, `g`) arrive as the plain entries they are.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Header } from "tar/header";

/** The fields of a header block that every tar dialect has. */
export interface OriginalTarStreamHeader {
  /** Name of the entry, up to 100 bytes. */
  name: string;
  /** Size of the body in bytes. */
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
  readable?: ReadableStream<Uint8Array<ArrayBuffer>>;
}

const BLOCK = 512;
/** Links, devices, directories and FIFOs have no body, whatever their size field says. */
const WITHOUT_BODY = "123456";

/** Turns the bytes of a tar archive into its entries, one after the other. */
export class UntarStream implements TransformStream<Uint8Array<ArrayBuffer>, TarStreamEntry> {
  #bytes = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  #source = this.#bytes.readable.getReader();
  #chunk = new Uint8Array(0);
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
  get writable(): WritableStream<Uint8Array<ArrayBuffer>> {
    return this.#bytes.writable;
  }

  async *#read(): AsyncGenerator<TarStreamEntry> {
    try {
      while (true) {
        const block = await this.#block();
        // Two blocks of zeros end an archive. One that stops without them has lost its tail.
        if (isZero(block) && isZero(await this.#block())) break;
        const header = new Header(Buffer.from(block.buffer));
        if (!header.cksumValid) throw new SyntaxError("A tar header has an invalid checksum");
        const typeflag = block[156] === 0 ? "0" : String.fromCharCode(block[156]!);
        const hasBody = !WITHOUT_BODY.includes(typeflag);
        const size = hasBody ? header.size : 0;
        if (size === undefined) throw new SyntaxError("A tar header has an invalid size");
        this.#body = size;
        this.#padding = -size & (BLOCK - 1);
        this.#bodyDone = Promise.withResolvers();
        yield {
          path: header.path ?? "",
          header: { name: header.path ?? "", size, typeflag, linkname: header.linkpath ?? "" },
          ...(hasBody ? { readable: this.#readable() } : {}),
        };
        if (hasBody) await this.#bodyDone.promise;
        await this.#skip(this.#body + this.#padding);
      }
    } finally {
      await this.#source.cancel().catch(() => {}); // tells the source when entries are given up
    }
  }

  #readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
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

  async #block(): Promise<Uint8Array<ArrayBuffer>> {
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
  async #take(most: number): Promise<Uint8Array<ArrayBuffer>> {
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

function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}
