import { resolve } from "node:path";
import { exitCode, UserError } from "../../lib/errors.ts";
import { sanitizeJson } from "../../lib/sanitize.ts";
import { compareResults } from "../../report/compare/compare.ts";
import { formatComparison } from "../../report/compare/text.ts";
import { readResults } from "../../report/read-results.ts";
import { defineCommand } from "../command.ts";

interface CompareFlags {
  readonly output?: "text" | "json";
}

const formats = ["text", "json"] as const;

export const compareCommand = defineCommand({
  name: "compare",
  summary: "print what changed from one run to another",
  operand: {
    term: "<BEFORE> <AFTER>",
    help: "the report folder of a run, or its results.json",
    completion: "files",
  },
  flags: [
    {
      term: "--output <FORMAT>",
      help: "text or json; default text",
      parse: parseFormat,
      completion: formats,
    },
  ],
  examples: [
    ["monstack compare last-night/ monstack-report/", "slower phases, other versions, series, alerts, ..."],
    ["monstack compare --output json a.json b.json", "for a script: `changes` is empty if nothing changed"],
  ],
  read: ({ output = "text" }: CompareFlags, [before = "", after = ""]) => ({ output, before, after }),
  run: async ({ createHost, print }, { output, before, after }) => {
    const { files } = await createHost();
    const earlier = await readResults(files, resolve(before));
    const later = await readResults(files, resolve(after));
    const comparison = compareResults(earlier, later, before);
    print(
      output === "json"
        ? `${sanitizeJson(JSON.stringify(comparison, undefined, 2))}\n`
        : `${formatComparison(comparison).join("\n")}\n`,
    );
    return exitCode.verified;
  },
});

/** @throws UserError for an unknown format */
function parseFormat(text: string, flag: string): (typeof formats)[number] {
  const format = formats.find((name) => name === text);
  if (format !== undefined) return format;
  throw new UserError(`${flag}: unknown format \`${text}\`; expected one of: ${formats.join(", ")}`);
}
