import { HttpError } from "../errors.ts";
import { type BodyLimits, isEmptyForm, readBody, tooLarge } from "./body.ts";

/** Bytes of a form. Parsing one takes a hundred times as long as parsing JSON, and nothing else runs. */
const MAX_FORM_BYTES = 128 * 1024;

/**
 * The fields of JSON or of a form; in a form those in `lists` may be given several times. A body that
 * is missing has none. Throws 400 where it is not what its Content-Type says, and otherwise like
 * {@linkcode readBody}.
 */
export async function readFields(
  request: Request,
  limits: BodyLimits,
  lists: readonly string[],
): Promise<unknown> {
  const contentType = request.headers.get("content-type") ?? "";
  const type = contentType.split(";")[0]!.trim().toLowerCase();
  const isMultipart = type === "multipart/form-data";
  if (!request.body || isMultipart && isEmptyForm(request)) return {};
  if (isMultipart) {
    const maxBytes = Math.min(limits.maxBytes, MAX_FORM_BYTES);
    const body = new Response(readBody(request, { ...limits, maxBytes }), {
      headers: { "content-type": contentType },
    });
    return fieldsOf(await parsed(() => body.formData(), type), lists);
  }
  const text = await new Response(readBody(request, limits)).text();
  // curl --data calls everything a form, and JSON is sent with it.
  const isForm = type === "application/x-www-form-urlencoded" && !/^\s*[[{]/.test(text);
  if (!isForm) return await parsed(() => JSON.parse(text), "JSON");
  if (text.length > MAX_FORM_BYTES) throw tooLarge(String(text.length), MAX_FORM_BYTES);
  return fieldsOf(new URLSearchParams(text), lists);
}

async function parsed<T>(parse: () => T | Promise<T>, type: string): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, `The body is not ${type}.`, { cause: error });
  }
}

function fieldsOf(
  form: FormData | URLSearchParams,
  lists: readonly string[],
): Record<string, unknown> {
  const given = lists.filter((name) => form.has(name));
  return {
    ...Object.fromEntries(form),
    ...Object.fromEntries(given.map((name) => [name, form.getAll(name)])),
  };
}
