/**
 * The small files of reports that are asked for often, in memory. A published report never changes,
 * so that nothing here grows stale; what belongs to a report that is gone is no longer asked for, and
 * makes room in time.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import { knows } from "../http/etag.ts";

/** Of a file: most are smaller, and a larger one takes longer to send than to open. */
const MAX_FILE_BYTES = 64 * 1024;
/** What an entry weighs beside its content and its name: headers, objects, its place in the list. */
const ENTRY_BYTES = 2048;

/** What asks for a part, or on a condition that hardly anybody sets: answered from the disk. */
const RARE = ["range", "if-match", "if-unmodified-since"];

/** A file as it is answered. */
interface KeptFile {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly headers: [name: string, value: string][];
  readonly etag: string;
  /** In milliseconds; `NaN` where the date alone does not tell what is known. */
  readonly modified: number;
}

/** Keeps files under names, at most so many bytes of them. */
export class FileCache {
  readonly #files: LRUCache<string, KeptFile> | undefined;

  /** `bytes` bounds all of it; 0 keeps nothing. */
  constructor(bytes: number) {
    if (bytes === 0) return;
    this.#files = new LRUCache({
      maxSize: bytes,
      maxEntrySize: MAX_FILE_BYTES + 2 * ENTRY_BYTES,
      sizeCalculation: ({ content }, name) => content.byteLength + 2 * name.length + ENTRY_BYTES,
    });
  }

  /**
   * Answers with the kept file of that name, as it would be from the disk; nothing where that has to
   * answer itself.
   */
  answer(request: Request, name: string): Response | undefined {
    const { headers, method } = request;
    if (RARE.some((header) => headers.has(header))) return undefined;
    const file = this.#files?.get(name);
    if (!file) return undefined;
    const known = headers.has("if-none-match")
      ? knows(headers, file.etag)
      : Date.parse(headers.get("if-modified-since") ?? "") >= file.modified;
    if (!known) {
      const response = new Response(method === "HEAD" ? null : file.content);
      // One by one, because a response takes several times as long to be made with a list.
      for (const [name, value] of file.headers) response.headers.append(name, value);
      return response;
    }
    const ofContent = ([name]: [string, string]) =>
      name === "content-type" || name === "content-length";
    return new Response(null, {
      status: 304,
      headers: file.headers.filter((header) => !ofContent(header)),
    });
  }

  /**
   * Keeps an answer if it is a small file, whole, and hands it on. `size` is the file's, in bytes;
   * `dated` says that whoever has something as old as it has just this.
   */
  async keep(
    name: string,
    response: Response,
    { size, dated }: { size: number; dated: boolean },
  ): Promise<Response> {
    const etag = response.headers.get("etag");
    if (!this.#files || response.status !== 200 || !response.body) return response;
    if (etag === null || !(size <= MAX_FILE_BYTES)) return response;
    const content = await response.bytes();
    response.headers.set("content-length", String(content.byteLength));
    const headers = [...response.headers];
    const modified = dated ? Date.parse(response.headers.get("last-modified") ?? "") : NaN;
    // A copy: the bytes of a response may lie in a buffer of 64 KiB, however few they are.
    this.#files.set(name, { content: content.slice(), headers, etag, modified });
    return new Response(content, { headers });
  }
}
