import { join } from "node:path";
import type { Files } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { formatBytes } from "../lib/quantity.ts";
import { tryParseJson } from "../lib/text.ts";
import { Results } from "./results-schema.ts";

/** The biggest results.json that is read: those of a stack with hundreds of dashboards have some megabytes. */
const maxBytes = 64 * 1024 ** 2;

/**
 * Reads the results of a run.
 * @param path of a file whose name ends in `.json`, or of the folder that contains results.json
 * @throws UserError if there is none, or if it is not a results.json of this schema version
 */
export async function readResults(files: Pick<Files, "read" | "stat">, path: string): Promise<Results> {
  const file = path.endsWith(".json") ? path : join(path, "results.json");
  const size = (await files.stat(file))?.bytes ?? 0;
  if (size > maxBytes)
    throw new UserError(`${file} has ${formatBytes(size)}: at most ${formatBytes(maxBytes)} are read`);
  const text = await files.read(file);
  if (text === undefined)
    throw new UserError(`${file} does not exist`, {
      fix: "name the report folder of a run, or its results.json",
    });
  const { data, error } = Results.safeParse(tryParseJson(text));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const where = issue?.path.join(".") || "the top level";
  throw new UserError(`${file} is not the results.json of a run: ${where}: ${issue?.message}`, {
    fix: "expected a results.json with the schemaVersion 2",
  });
}
