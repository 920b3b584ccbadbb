/**
 * Stands in for `jsr:@std/streams` where JSR cannot be reached: the one export that `src/` uses,
 * written from its public documentation.
 *
 * @module
 */

/**
 * Lets whole chunks through while their sum stays within `size` bytes. The first chunk that would
 * exceed it ends the stream, or fails it with a `RangeError` when `error` is set.
 */
export class LimitedBytesTransformStream extends TransformStream<Uint8Array, Uint8Array> {
  /** Allows `size` bytes; `error` says whether more is a failure or only the end. */
  constructor(size: number, options: { error?: boolean } = {}) {
    let passed = 0;
    super({
      transform(chunk, controller) {
        passed += chunk.byteLength;
        if (passed <= size) controller.enqueue(chunk);
        else if (options.error) throw new RangeError(`Exceeded byte size limit of '${size}'`);
        else controller.terminate();
      },
    });
  }
}
