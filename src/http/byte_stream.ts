/**
 * Byte streams with an end that is known: capped, and failing with an error that a client is told.
 *
 * @module
 */
import { LimitedBytesTransformStream } from "@std/streams";

/** A stream of bytes as the Web APIs hand it on. */
export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Lets at most `most` bytes through; more is `tooMany`. Any other failure of the source, and the
 * signal's, becomes what `failed` makes of it.
 */
export function capped(
  source: ByteStream,
  most: number,
  errors: { tooMany: () => Error; failed: (cause: unknown) => Error; signal?: AbortSignal },
): ByteStream {
  const limiter = new LimitedBytesTransformStream(most, { error: true });
  const limited = source.pipeThrough(limiter, errors.signal ? { signal: errors.signal } : {});
  return mapErrors(
    limited,
    (error) => error instanceof RangeError ? errors.tooMany() : errors.failed(error),
  );
}

/** The same stream, its failure turned into another. */
function mapErrors(source: ReadableStream<Uint8Array>, map: (error: unknown) => Error): ByteStream {
  const reader = (source as ByteStream).getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(map(error));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/**
 * A stream of `size` bytes, or of fewer, as one array: a view of its chunk where there is only one,
 * as there is of most files of a report.
 */
export async function readWhole(
  source: ReadableStream<Uint8Array>,
  size: number,
): Promise<Uint8Array> {
  const reader = source.getReader();
  let whole: Uint8Array | undefined;
  for (let offset = 0;;) {
    const { done, value } = await reader.read();
    if (done) return whole?.subarray(0, offset) ?? new Uint8Array(0);
    if (value.byteLength === size) whole = value;
    else (whole ??= new Uint8Array(size)).set(value, offset);
    offset += value.byteLength;
  }
}

/** The same bytes in chunks of at most `most` bytes, views of those that came. */
export function sliced(source: ByteStream, most: number): ByteStream {
  return source.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        for (let start = 0; start < chunk.byteLength; start += most) {
          controller.enqueue(chunk.subarray(start, start + most));
        }
      },
    }),
  );
}

/**
 * Bytes that are compressed at a time. As a whole, a list of 12 MB held up every other request for
 * 280 ms; in pieces for 3.
 */
const PIECE = 64 * 1024;

/** The body of an answer whose content is in memory: in pieces where it is large. */
export function inPieces(content: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | ByteStream {
  return content.byteLength > PIECE ? sliced(ReadableStream.from([content]), PIECE) : content;
}

/** The first chunk of at least `least` bytes, or all there is, and the stream with it put back. */
export async function peek(
  source: ByteStream,
  least: number,
): Promise<{ head: Uint8Array; stream: ByteStream }> {
  const reader = source.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  while (length < least) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.byteLength;
  }
  const head = new Uint8Array(await new Blob(chunks).arrayBuffer());
  const stream: ByteStream = new ReadableStream({
    async pull(controller) {
      const chunk = chunks.shift();
      if (chunk) return controller.enqueue(chunk);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return { head, stream };
}

/**
 * Hands a stream on and keeps hold of it: whoever reads the hand-out may stop early, and the rest is
 * then still here, to be read to its end or given up.
 */
export class HeldStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** The stream, for one reader. */
  readonly handout: ByteStream;

  /** Takes `source` over. */
  constructor(source: ByteStream) {
    const reader = this.#reader = source.getReader();
    this.handout = new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    }, { highWaterMark: 0 });
  }

  /** Reads what is left, so that its checksum is checked and its caps are kept. */
  async finish(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }

  /** Gives the source up. */
  async abandon(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason).catch(() => {});
  }
}
