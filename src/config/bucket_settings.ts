/** The bucket that holds the archives of reports, and who asks for them. */
import { z } from "zod";
import { type Refuse, text, type Values, whole } from "./kinds.ts";

/** For AWS without the first group, which is the address of the host. */
const BUCKET_URL =
  /^(?:s3:\/|(https?:\/\/[\w.:[\]-]+))\/([\w][\w.-]{1,100})((?:\/[\w.-]{1,100})*)\/?$/;

export const bucketVariables = {
  S3_URL: z.string()
    .refine((url) => {
      const [isAddress, host, , path = ""] = BUCKET_URL.exec(url) ?? [];
      return isAddress && (host === undefined || URL.canParse(host)) && !/\/\.\.?(\/|$)/.test(path);
    })
    .optional()
    .describe("an address like https://s3.example.com/bucket/prefix or s3://bucket/prefix"),
  S3_REGION: z.string().regex(/^[a-z0-9-]{1,50}$/).default("us-east-1")
    .describe("the name of a region, such as eu-central-1, or auto"),
  AWS_ACCESS_KEY_ID: text("the id of an access key"),
  AWS_SECRET_ACCESS_KEY: text("the secret of that access key"),
  AWS_SESSION_TOKEN: text("the token of temporary credentials"),
  CACHE_BYTES: whole(0, 2 ** 50, 10 * 2 ** 30),
} satisfies z.ZodRawShape;

export type BucketSettings = NonNullable<ReturnType<typeof readBucket>>;

/** Undefined: reports are on the disk alone. `given` has the names of the variables that are set. */
export function readBucket(
  env: Values<typeof bucketVariables>,
  given: readonly string[],
  refuse: Refuse,
) {
  const { S3_URL, S3_REGION: region } = env;
  if (S3_URL === undefined) {
    // AWS_* may be there for other programs.
    const unused = given.filter((name) => name === "S3_REGION" || name === "CACHE_BYTES");
    if (unused.length === 0) return undefined;
    return refuse(`S3_URL is unset, so ${unused.join(", ")} must be unset.`);
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return refuse("S3_URL is set, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set.");
  }
  const [, host, bucket, path = ""] = BUCKET_URL.exec(S3_URL)!;
  if (host === undefined && region === "auto") {
    return refuse(
      "S3_REGION is auto, and S3_URL is of AWS, where buckets have a region such as us-east-1.",
    );
  }
  return {
    /** Path-style. */
    url: `${host ?? `https://s3.${region}.amazonaws.com`}/${bucket}`,
    /** What the names of all objects begin with: empty, or with a slash at its end. */
    prefix: path === "" ? "" : `${path.slice(1)}/`,
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: env.AWS_SESSION_TOKEN,
    /** Size of the reports on this server's disk, which is a cache of the bucket. */
    cacheBytes: env.CACHE_BYTES,
  };
}
