import { listSettingNames, settings } from "../../config/settings.ts";
import type { Command, CommandGroup, Flag } from "../command.ts";
import { backupCommand, restoreCommand } from "./backup.ts";
import { bundleCommands } from "./bundle.ts";
import { cacheCommands } from "./cache.ts";
import { compareCommand } from "./compare.ts";
import { completionCommand } from "./completion.ts";
import { doctorCommand } from "./doctor.ts";
import { initCommand } from "./init.ts";
import { checklistCommand, downCommand, runCommand, upCommand, verifyCommand } from "./lifecycle.ts";
import { lockCommand } from "./lock.ts";
import { mergeReportsCommand } from "./merge-reports.ts";
import { planCommand } from "./plan.ts";
import { rbacCommand } from "./rbac.ts";
import { schemaCommand } from "./schema.ts";
import { showReportCommand } from "./show-report.ts";

/** Every command, in the order in which the help lists them. */
export const commands: readonly (Command | CommandGroup)[] = [
  runCommand,
  upCommand,
  verifyCommand,
  downCommand,
  checklistCommand,
  backupCommand,
  restoreCommand,
  showReportCommand,
  compareCommand,
  mergeReportsCommand,
  bundleCommands,
  lockCommand,
  cacheCommands,
  planCommand,
  rbacCommand,
  initCommand,
  doctorCommand,
  schemaCommand,
  completionCommand,
];

/** All commands with their whole names, e.g. `cache prune`; a group is not a command. */
export const namedCommands: readonly { readonly path: string; readonly command: Command }[] =
  commands.flatMap((entry) =>
    "commands" in entry
      ? entry.commands.map((command) => ({ path: `${entry.name} ${command.name}`, command }))
      : [{ path: entry.name, command: entry }],
  );

/** Flags of every command. */
export const globalFlags: readonly Flag[] = [
  {
    term: "--config <FILE>",
    help: "Configuration file; default monstack.yaml in this folder, if there is one",
    completion: "files",
  },
  {
    term: "--set <PATH=VALUE>",
    help: "Set any key of monstack.yaml, with a value in YAML: apps.grafana.enabled=false; can be repeated",
    parse: (text, _, before) => [...((before as string[] | undefined) ?? []), text],
    completion: listSettablePaths().map((path) => `${path}=`),
  },
  { term: "-v, --verbose", help: "Print more: a line for each check that passed, and what is done" },
  { term: "-q, --quiet", help: "Print only warnings, errors and the result" },
];

/** Returns the paths of the settings in monstack.yaml, for shell completion. */
function listSettablePaths(): string[] {
  return listSettingNames().flatMap((name) => settings[name].inFile?.join(".") ?? []);
}

/** Returns a flag's names, e.g. `-o` and `--output`. */
export function listFlagNames({ term }: Flag): string[] {
  return term.split(/, | /).filter((word) => word.startsWith("-"));
}
