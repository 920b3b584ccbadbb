/**
 * The bodies of error answers, as the API's document describes them.
 *
 * @module
 */
import { z } from "zod";

export const errorAnswerBody = z.object({
  error: z.string().meta({
    description: "A sentence with what was wrong and what is allowed.",
    examples: ["What was wrong, and what is allowed."],
  }),
}).meta({ id: "Error" });

export const fieldErrorsBody = z.object({
  error: z.record(z.string(), z.string()).meta({
    description: "For each field that is missing or ill-formed, a sentence.",
    examples: [{ commit_hash: 'commit_hash is "?"; it must be 4 to 64 of 0-9 A-Z a-z ..' }],
  }),
}).meta({ id: "FieldErrors" });
