/**
 * From the schemas that check to those that clients read.
 *
 * @module
 */
import { z } from "zod";

/**
 * What a schema takes, as JSON Schema 2020-12. Those with an `id` are added to `named`, and referred
 * to where they are used.
 *
 * @internal
 */
export function toJsonSchema(schema: z.ZodType, named: Record<string, object>): object {
  const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, {
    io: "input",
    // What only a function checks is said by the schema's own description.
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      // The format says it as well, and people can read it.
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      // Numbers of a query are checked as the text they are.
      if (jsonSchema.type === "integer" && jsonSchema.pattern !== undefined) {
        delete jsonSchema.pattern;
        if (jsonSchema.default !== undefined) jsonSchema.default = Number(jsonSchema.default);
      }
    },
  });
  for (const [id, definition] of Object.entries($defs)) named[id] = withReferences(definition);
  return withReferences(json);
}

/** Refers to the document's schemas rather than to those beside it. */
function withReferences(schema: object): object {
  return JSON.parse(
    JSON.stringify(schema),
    (key, value) =>
      key === "$ref" && typeof value === "string"
        ? value.replace("#/$defs/", "#/components/schemas/")
        : value,
  );
}
