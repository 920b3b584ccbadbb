/**
 * Ways to send an archive.
 *
 * @module
 */
import { concat } from "../../tests/support/archive.ts";
import { FIELDS, uploadPath } from "../../tests/support/fields.ts";
import { randomChunks, streamOf } from "./chunks.ts";
import { type Bytes, mutate } from "./mutation.ts";
import { byteMutations } from "./mutate_bytes.ts";
import type { Random } from "./random.ts";

/** A request, and how its archive goes with it. */
export interface Delivery {
  readonly kind: string;
  /** A fresh request; each has the same bytes. */
  request(fields: Record<string, string>): Request;
  /** Whether it ends only by the server's own deadline. */
  readonly stalls: boolean;
}

const TYPES = ["application/gzip", "application/x-gzip", "application/x-tar", undefined];
const formMutations = byteMutations("form");
const encoder = new TextEncoder();

/** Chooses how run `iteration` is sent: as the body, and every fourth time as a form. */
export function chooseDelivery(archive: Bytes, iteration: number, random: Random): Delivery {
  const isForm = iteration % 4 === 3;
  const stalls = iteration % 500 === 250;
  const fails = !stalls && random.oneIn(12);
  const inPieces = stalls || fails || random.oneIn(3);
  const end = stalls ? "stalls" : fails ? "fails" : "closes";
  const spoilsForm = isForm && random.oneIn(8);
  const inForm = isForm && random.oneIn(2);
  const boundary = "----fuzz7d1f";
  const type = isForm ? `multipart/form-data; boundary=${boundary}` : random.pick(TYPES);
  let chunks: Bytes[] | undefined;
  let whole: Bytes | undefined;

  const prepare = (fields: Record<string, string>) => {
    if (whole) return whole;
    whole = isForm ? form(archive, boundary, inForm ? fields : {}) : archive;
    if (spoilsForm) whole = mutate(whole, formMutations, random).bytes;
    if (inPieces) {
      chunks = randomChunks(whole, random);
      if (end !== "closes") chunks = chunks.slice(0, random.below(chunks.length));
    }
    return whole;
  };
  return {
    kind: [
      isForm ? "sent as form" : "sent as body",
      ...(spoilsForm ? ["spoilt"] : []),
      ...(inPieces ? [end === "closes" ? "in pieces" : `that ${end}`] : []),
    ].join(" "),
    stalls,
    request(fields) {
      const bytes = prepare(fields);
      const path = inForm ? "/coverages-api" : uploadPath(fields);
      return new Request(`http://coverage.test${path}`, {
        method: "POST",
        headers: type ? { "content-type": type } : {},
        body: chunks ? streamOf(chunks, end) : new Blob([bytes]).stream(),
      });
    },
  };
}

function form(archive: Bytes, boundary: string, fields: Record<string, string>): Bytes {
  const all = Object.keys(fields).length > 0 ? { ...FIELDS, ...fields } : {};
  const texts = Object.entries(all).map(([name, value]) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  );
  return concat([
    encoder.encode(
      `${texts.join("")}--${boundary}\r\nContent-Disposition: form-data; name="file"; ` +
        'filename="report.tar.gz"\r\nContent-Type: application/gzip\r\n\r\n',
    ),
    archive,
    encoder.encode(`\r\n--${boundary}--\r\n`),
  ]);
}
