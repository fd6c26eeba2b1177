import { toConfigJsonSchema } from "../../config/editor/json-schema.ts";
import { exitCode, UserError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { toLockJsonSchema } from "../../lockfile/lock.ts";
import { toResultsJsonSchema } from "../../report/results-schema.ts";
import { defineCommand } from "../command.ts";

/** The JSON Schemas that can be printed, by the kind of file. */
export const jsonSchemas = {
  config: toConfigJsonSchema,
  results: toResultsJsonSchema,
  lock: toLockJsonSchema,
} as const;

type SchemaName = keyof typeof jsonSchemas;
const schemaNames = Object.keys(jsonSchemas) as SchemaName[];

export const schemaCommand = defineCommand({
  name: "schema",
  summary: "print the JSON Schema of monstack.yaml, results.json or monstack.lock",
  operand: { term: "<FILE>", help: `the kind of file: ${schemaNames.join(", ")}`, completion: schemaNames },
  examples: [["monstack schema config", "for an editor without access to the network"]],
  read: (_flags: object, operands) => readName(operands[0] ?? ""),
  run: async ({ print }, name) => {
    print(`${JSON.stringify(jsonSchemas[name](), undefined, 2)}\n`);
    return exitCode.verified;
  },
});

/** Returns the name of a schema. */
function readName(given: string): SchemaName {
  const name = schemaNames.find((candidate) => candidate === given);
  if (name === undefined)
    throw new UserError(`there is no schema of \`${given}\`; ${didYouMean(given, schemaNames)}`);
  return name;
}
