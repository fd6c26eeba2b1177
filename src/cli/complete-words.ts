import { readdir, readFile } from "node:fs/promises";
import { checklistChecks } from "../checklist/catalogue.ts";
import { getDefaultApps } from "../config/defaults.ts";
import { loadConfig } from "../config/load.ts";
import { listSettingNames, type SettingName, settings } from "../config/settings.ts";
import { allChecks, endChecks } from "../verify/catalogue.ts";
import { arrangeArguments } from "./arguments.ts";
import type { Completion, Flag } from "./command.ts";
import { commands, globalFlags, listFlagNames, namedCommands } from "./commands/catalogue.ts";

/** A word that can be typed, and its purpose. */
type Candidate = readonly [word: string, purpose?: string];

/** The folder and the environment in which the names of apps are looked up. */
interface CompletionPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The line that makes the shell complete names of files. */
const filesLine = ":files";

/**
 * Returns the output of `monstack __complete`: a line for each word that fits, `WORD` or `WORD\tPURPOSE`.
 * @param typedWords the words after `monstack`; the last one is to be completed. bash makes three words of `--flag=value`.
 */
export async function completeWords(typedWords: readonly string[], place: CompletionPlace): Promise<string> {
  const words = typedWords.at(-1) === "=" ? [...typedWords, ""] : typedWords;
  const precedingWords = words.slice(0, -1).filter((word) => word !== "=");
  const current = words.at(-1) ?? "";
  const [, flagBefore, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const { path } = arrangeArguments(precedingWords);
  const command = namedCommands.find((namedCommand) => namedCommand.path === path.join(" "))?.command;
  const flags = [...(command?.flags ?? []), ...globalFlags, ...listSettingFlags(command?.settings)];
  if (flagBefore !== undefined) {
    const completion = findCompletion(flags, flagBefore);
    return await completeValue(completion ?? [], value ?? "", precedingWords, place, `${flagBefore}=`);
  }
  const pendingValue = findCompletion(flags, precedingWords.at(-1) ?? "");
  if (pendingValue !== undefined) return await completeValue(pendingValue, current, precedingWords, place);
  if (current.startsWith("-")) {
    const flagCandidates = flags.flatMap((flag) =>
      listFlagNames(flag).map((name): Candidate => [name, flag.help]),
    );
    return formatCandidates(
      [...flagCandidates, ["--help", "Print the help"], ["--version", "Print the version"]],
      current,
    );
  }
  if (command) return await completeValue(command.operand?.completion ?? [], current, precedingWords, place);
  const group = commands.find(({ name }) => name === path[0]);
  const choices = group && "commands" in group ? group.commands : commands;
  return formatCandidates(
    choices.map(({ name, summary }): Candidate => [name, summary]),
    current,
  );
}

/** Returns settings as flags: those that the command's help lists, or all without a command. */
function listSettingFlags(names: readonly SettingName[] = listSettingNames()): Flag[] {
  return names.map((name) => ({
    term: `--${name} <VALUE>`,
    help: settings[name].help,
    completion: getCompletion(name),
  }));
}

/** Returns how the value of a setting is completed. */
function getCompletion(name: SettingName): Completion {
  const { metavar } = settings[name];
  if (name === "apps") return "apps";
  if (name === "checks" || name === "skip") return "checks";
  if (name === "profile") return ["ci", "as-is", "production"];
  if (metavar.includes("|")) return metavar.split("|");
  return /^(?:FILE|PATHS?|DIR)$/.test(metavar) ? "files" : [];
}

/** Returns how the value of a flag is completed; undefined if the flag is unknown, or takes no value. */
function findCompletion(flags: readonly Flag[], name: string): Completion | undefined {
  const flag = flags.find((candidate) => listFlagNames(candidate).includes(name));
  return flag?.term.includes("<") ? (flag.completion ?? []) : undefined;
}

/**
 * Returns the output for the value of a flag or an operand. In a list such as `prometheus,graf`, the last item is
 * completed.
 */
async function completeValue(
  completion: Completion,
  current: string,
  precedingWords: readonly string[],
  place: CompletionPlace,
  prefix = "",
): Promise<string> {
  if (completion === "files") return `${filesLine}\n`;
  const names = await listNamesFor(completion, precedingWords, place);
  const earlierItems = current.slice(0, current.lastIndexOf(",") + 1);
  return formatCandidates(
    names.map((name): Candidate => [`${prefix}${earlierItems}${name}`]),
    `${prefix}${current}`,
  );
}

/** Returns the names that can complete a value: of apps, of checks, of locked parts, or a fixed list. */
async function listNamesFor(
  completion: Exclude<Completion, "files">,
  precedingWords: readonly string[],
  place: CompletionPlace,
): Promise<readonly string[]> {
  if (completion === "apps") return await listAppNames(precedingWords, place);
  if (completion === "locked")
    return ["k3s", "helm", "kubectl", ...(await listAppNames(precedingWords, place))];
  if (completion === "checks") return [...allChecks, ...endChecks, ...checklistChecks].map(({ id }) => id);
  return completion;
}

/** Returns the apps of the configuration in this folder; of one with mistakes, the default apps. */
async function listAppNames(
  precedingWords: readonly string[],
  { cwd, env }: CompletionPlace,
): Promise<string[]> {
  const findFlagValue = (flag: string) => {
    const index = precedingWords.lastIndexOf(flag);
    return index < 0 ? undefined : precedingWords[index + 1];
  };
  const flagValues = { "app-dir": findFlagValue("--app-dir"), stack: findFlagValue("--stack") };
  const flags = Object.fromEntries(Object.entries(flagValues).filter(([, value]) => value !== undefined));
  try {
    const { config } = await loadConfig({
      cwd,
      env,
      file: findFlagValue("--config"),
      flags,
      fetches: false,
      readFile: (path) => readFile(path, "utf8").catch(() => undefined),
      listFolder: (path) => readdir(path).catch(() => []),
    });
    return Object.keys(config.apps);
  } catch {
    return Object.keys(getDefaultApps(undefined));
  }
}

/** Returns a line for each candidate that begins with the current word. */
function formatCandidates(candidates: readonly Candidate[], current: string): string {
  return candidates
    .filter(([word]) => word.startsWith(current))
    .map((candidate) => `${candidate.join("\t")}\n`)
    .join("");
}
