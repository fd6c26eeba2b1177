import * as z from "zod";
import { Results } from "./types.ts";

/** What docs/results.schema.json holds; scripts/results-schema.ts writes it. */
export function resultsJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(Results, {
    // As an input schema it allows keys that a later version of the same schemaVersion adds.
    io: "input",
    // Read-only in TypeScript says nothing about a file.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  });
  return { title: "monstack results.json, version 1", ...schema };
}
