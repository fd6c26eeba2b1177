// Writes docs/results.schema.json from the zod schema; `npm run format` afterwards gives it its shape.
import { writeFile } from "node:fs/promises";
import { toResultsJsonSchema } from "../src/report/results-schema.ts";

await writeFile(
  new URL("../docs/results.schema.json", import.meta.url),
  `${JSON.stringify(toResultsJsonSchema(), undefined, 2)}\n`,
);
