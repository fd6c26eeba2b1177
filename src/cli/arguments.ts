import { overrides } from "../config/settings.ts";
import type { Command, CommandGroup } from "./command.ts";
import { commands, globalFlags, listFlagNames, namedCommands } from "./commands/catalogue.ts";

/** Settings that are true or false: a flag without a value sets true, and `--no-NAME` sets false. */
export const switches: ReadonlySet<string> = new Set(
  overrides.filter(({ metavar }) => metavar.startsWith("true|false")).map(({ name }) => `--${name}`),
);

/**
 * Words that can follow a switch as its value. A word that the switch does not accept is reported as an invalid
 * value.
 */
const switchValue = /^(?:true|false|required|yes|no|on|off|0|1)$/;

/** All flags whose next word is their value. */
const flagsWithValue: ReadonlySet<string> = new Set([
  ...overrides.map(({ name }) => `--${name}`).filter((name) => !switches.has(name)),
  ...[...globalFlags, ...namedCommands.flatMap(({ command }) => command.flags ?? [])]
    .filter(({ term }) => term.includes("<"))
    .flatMap(listFlagNames),
]);

interface ArrangedArguments {
  /** The words of the command, e.g. `cache` and `prune`. */
  readonly path: readonly string[];
  /** Flags and operands. */
  readonly others: readonly string[];
}

/**
 * Separates the command from its flags and operands, which can precede it, and writes each switch with its value:
 * `--keep-data false` becomes `--keep-data=false`.
 */
export function arrangeArguments(argv: readonly string[]): ArrangedArguments {
  const path: string[] = [];
  const others: string[] = [];
  const remaining = [...argv];
  let candidates: readonly (Command | CommandGroup)[] = commands;
  for (let word = remaining.shift(); word !== undefined; word = remaining.shift()) {
    const positiveFlag = word.replace(/^--no-/, "--");
    const command = candidates.find(({ name }) => name === word);
    if (word === "--") {
      others.push(word, ...remaining.splice(0));
    } else if (switches.has(word)) {
      others.push(`${word}=${switchValue.test(remaining[0] ?? "") ? remaining.shift() : "true"}`);
    } else if (switches.has(positiveFlag)) {
      others.push(`${positiveFlag}=false`);
    } else if (flagsWithValue.has(word)) {
      others.push(word, ...remaining.splice(0, 1));
    } else if (word.startsWith("-")) {
      others.push(word);
    } else if (command) {
      path.push(word);
      candidates = "commands" in command ? command.commands : [];
    } else {
      others.push(word);
      candidates = [];
    }
  }
  return { path, others };
}
