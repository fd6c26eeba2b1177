import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { jsonSchemas } from "../../src/cli/commands/schema.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Returns a JSON Schema as the project formats its files. */
export function schemaPage(name: keyof typeof jsonSchemas): string {
  const text = JSON.stringify(jsonSchemas[name](), undefined, 2);
  const biome = fileURLToPath(new URL("../../node_modules/.bin/biome", import.meta.url));
  return execFileSync(biome, ["format", "--stdin-file-path=docs/schema.json"], {
    cwd: root,
    input: text,
    encoding: "utf8",
    maxBuffer: 64 * 1024 ** 2,
  });
}
