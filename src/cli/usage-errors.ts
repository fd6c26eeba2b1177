import type { Command } from "commander";
import { UserError } from "../lib/errors.ts";
import { didYouMean, findNearestWord } from "../lib/suggest.ts";
import { listFlagNames, namedCommands } from "./commands/catalogue.ts";

/**
 * Returns monstack's error for one of commander's.
 * @param message names the wrong flag or argument in quotes
 * @param code commander's code, for example `commander.unknownOption`
 */
export function createUsageError(command: Command, message: string, code: string | undefined): UserError {
  const subject = /'(.*)'/s.exec(message)?.[1] ?? "";
  if (code === "commander.unknownOption") return new UserError(describeUnknownFlag(command, subject));
  if (code === "commander.excessArguments") return new UserError(describeExcessArgument(command));
  if (code === "commander.optionMissingArgument") {
    const [flag] = /--[^ ]+/.exec(subject) ?? [];
    return new UserError(`${flag} needs a value`);
  }
  if (code === "commander.missingArgument") {
    const path = listCommandWords(command).join(" ");
    const description = command.registeredArguments[0]?.description;
    return new UserError(`${path} needs ${description}: monstack ${path} ${subject}`);
  }
  return new UserError(message);
}

/** Returns the error for a missing or unknown command of monstack or of a group. */
export function createSubcommandError(command: Command): UserError {
  const [word] = command.args;
  const names = command.commands.map((child) => child.name());
  const path = listCommandWords(command);
  if (word === undefined)
    return new UserError(`${path.join(" ")} needs a command; expected one of: ${names.join(", ")}`);
  return new UserError(`\`${[...path, word].join(" ")}\` is not a command; ${didYouMean(word, names)}`);
}

/** Returns the message for an argument too many, with the flag `-o` as a suggestion if the command writes a file. */
function describeExcessArgument(command: Command): string {
  const { args, options, registeredArguments } = command;
  const extraArgument = args[registeredArguments.length];
  const previousWord = args[registeredArguments.length - 1] ?? command.name();
  const hint = options.some(({ short }) => short === "-o") ? `; expected -o ${extraArgument}` : "";
  return `unexpected argument \`${extraArgument}\` after \`${previousWord}\`${hint}`;
}

/**
 * Returns the message for an unknown flag: that it takes no value, that it belongs to other commands, or a similar
 * flag.
 */
function describeUnknownFlag(command: Command, givenFlag: string): string {
  const [name = ""] = givenFlag.split("=", 1);
  const knownFlags = listOptions(command).flatMap(({ long }) => long ?? []);
  if (knownFlags.includes(name)) return `${name} takes no value`;
  const owners = namedCommands.filter(({ command: { flags = [] } }) =>
    flags.some((flag) => listFlagNames(flag).includes(name)),
  );
  if (owners.length > 0) {
    const list = new Intl.ListFormat("en-GB").format(owners.map(({ path }) => `\`${path}\``));
    return `${name} belongs to ${list}`;
  }
  const nearestFlag = findNearestWord(name, [...knownFlags, "--help"]);
  const helpCommand = ["monstack", ...listCommandWords(command), "--help"].join(" ");
  return `there is no ${name}; ${nearestFlag === undefined ? `\`${helpCommand}\` lists them all` : `did you mean ${nearestFlag}?`}`;
}

/** Returns the options of a command and of those above it. */
function listOptions(command: Command): Command["options"] {
  return [...command.options, ...(command.parent ? listOptions(command.parent) : [])];
}

/** Returns the words of a command without the program's name. */
function listCommandWords(command: Command): string[] {
  return command.parent ? [...listCommandWords(command.parent), command.name()] : [];
}
