/** A time limit for work that has several steps. */
import type { ByteStream } from "./byte_stream.ts";

/** After `seconds`, what it limits fails with `tooLate`. Dispose it when the work is done. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #passed = Promise.withResolvers<never>();

  constructor(seconds: number, tooLate: () => Error) {
    this.#passed.promise.catch(() => {}); // nothing may be waiting when it passes
    this.#timer = setTimeout(() => {
      const error = tooLate();
      this.#controller.abort(error);
      this.#passed.reject(error);
    }, seconds * 1000);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** The same bytes, as long as there is time. */
  stream(bytes: ByteStream): ByteStream {
    return bytes.pipeThrough(new TransformStream(), { signal: this.#controller.signal });
  }

  /** The result of the work, which goes on unseen when the time is over. */
  async race<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.#passed.promise]);
  }
}
