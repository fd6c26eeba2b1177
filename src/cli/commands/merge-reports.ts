import { join, resolve } from "node:path";
import { mergeReports } from "../../app/merge-reports.ts";
import { exitCode, UserError } from "../../lib/errors.ts";
import { formatCount } from "../../lib/text.ts";
import { summarizeVerdict } from "../../report/verdict.ts";
import { defineCommand } from "../command.ts";

interface MergeFlags {
  readonly output?: string;
  readonly history?: string;
  readonly keep?: number;
}

const defaultOutput = "monstack-merged";
const defaultKeep = 30;
/** The points of more merges would overlap in the small charts. */
const maxKeep = 365;

export const mergeReportsCommand = defineCommand({
  name: "merge-reports",
  summary:
    "make one page and one junit.xml out of the reports of several runs, such as those of a job matrix",
  operand: {
    term: "<DIR...>",
    help: "the report folders, or folders that contain them",
    completion: "files",
  },
  flags: [
    {
      term: "-o, --output <DIR>",
      help: `The folder for report.html, summary.md and junit.xml; default ./${defaultOutput}`,
      completion: "files",
    },
    {
      term: "--history <FILE>",
      help: "Keep the figures of these runs in this file (or history.json in this folder), and draw them over time",
      completion: "files",
    },
    {
      term: "--keep <COUNT>",
      help: `With --history: keep at most this many merges; default ${defaultKeep}`,
      parse: parseKeep,
    },
  ],
  examples: [
    ["monstack merge-reports reports/", "each folder in reports/ is the report of a run"],
    ["monstack merge-reports reports/ --history history/ --keep 30", "with charts over the last 30 nights"],
  ],
  read: ({ output = defaultOutput, history, keep }: MergeFlags, folders) => {
    if (keep !== undefined && history === undefined) throw new UserError("--keep belongs to --history");
    return {
      folders: folders.map((folder) => resolve(folder)),
      output: resolve(output),
      historyFile: history === undefined ? undefined : toHistoryFile(resolve(history)),
      keep: keep ?? defaultKeep,
    };
  },
  run: async ({ createHost, print }, input) => {
    const { files } = await createHost();
    const { runs, written } = await mergeReports(files, input);
    const verdicts = runs.map(({ results }) => summarizeVerdict(results));
    const width = Math.max(...runs.map(({ name }) => name.length));
    for (const [index, { name }] of runs.entries())
      print(`  ${name.padEnd(width)}  ${verdicts[index]?.text}\n`);
    const failed = verdicts.filter(({ tone }) => tone === "bad").length;
    print(`${formatCount(runs.length, "run")}, ${failed === 0 ? "all good" : `${failed} failed`}\n`);
    for (const path of written) print(`written: ${path}\n`);
    return exitCode.verified;
  },
});

function toHistoryFile(path: string): string {
  return path.endsWith(".json") ? path : join(path, "history.json");
}

/** @throws UserError unless it is a whole number from 2 to 365 */
function parseKeep(text: string, flag: string): number {
  const count = Number(text);
  if (/^\d{1,3}$/.test(text) && count >= 2 && count <= maxKeep) return count;
  throw new UserError(`${flag}: \`${text}\` is not a whole number from 2 to ${maxKeep}`);
}
