import { Command as CommanderCommand, CommanderError, type ErrorOptions, Help, Option } from "commander";
import { type ConfigOverrides, overrides, type SettingName } from "../config/settings.ts";
import { UserError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { arrangeArguments, switches } from "./arguments.ts";
import type { Command, CommandGroup, Flag, PreparedCommand, Print } from "./command.ts";
import { commands, globalFlags } from "./commands/catalogue.ts";
import { createSubcommandError, createUsageError } from "./usage-errors.ts";

/** A parsed command line. */
export interface CommandLine extends PreparedCommand {
  /** The command's whole name, e.g. `bundle create`. */
  readonly command: string;
  /** The configuration file in `--config`. */
  readonly config: string | undefined;
  readonly settings: Partial<ConfigOverrides>;
  /** The values of the flags `--set`: `path=value`. */
  readonly set: readonly string[];
}

const helpWidth = 100;
/** A longer flag has its own line in the help. */
const termWidth = 28;

/**
 * Reads the command line, or prints the help or the version.
 * @param argv without the interpreter and the script
 * @param print writes to stdout
 * @returns undefined if there is nothing more to do
 * @throws UserError naming the wrong word and what is expected
 */
export function parseCommandLine(argv: readonly string[], print: Print): CommandLine | undefined {
  let line: CommandLine | undefined;
  const { path, others } = arrangeArguments(argv);
  try {
    createProgram(print, (read) => {
      line = read;
    }).parse([...path, ...others], { from: "user" });
  } catch (error) {
    const isPrinted = error instanceof CommanderError && error.exitCode === 0;
    if (!isPrinted) throw error;
  }
  return line;
}

/** A command of commander that throws monstack's errors. */
class CheckedCommand extends CommanderCommand {
  override createCommand(name?: string): CheckedCommand {
    return new CheckedCommand(name);
  }

  override error(message: string, { code }: ErrorOptions = {}): never {
    throw createUsageError(this, message, code);
  }
}

/** Returns commander's program with all commands and settings. `onRead` gets the parsed command line. */
function createProgram(print: Print, onRead: (line: CommandLine) => void): CheckedCommand {
  const program = new CheckedCommand("monstack")
    .description(
      "Prometheus and Grafana on k3s, from a bare Linux machine, proven to work, and taken away again.",
    )
    .usage("COMMAND [OPTIONS]")
    .configureOutput({ writeOut: print, getOutHelpWidth: () => helpWidth })
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      optionTerm: ({ flags }) => flags.replaceAll(/[<>]/g, ""),
      padWidth: () => termWidth,
      formatItem: formatHelpItem,
    })
    .exitOverride()
    .showSuggestionAfterError(false)
    .helpOption("-h, --help", "Print this help")
    .version(`monstack ${version}`, "--version", "Print monstack's version")
    .addHelpText("after", rootHelp);
  const settings = new Map(overrides.map((setting) => [setting.name, createSettingOption(setting)]));
  const options: SharedOptions = { program, global: globalFlags.map(createOption), settings };
  for (const option of [...options.global, ...settings.values()]) program.addOption(option);
  for (const entry of commands) {
    if ("commands" in entry) addGroup(options, entry, onRead);
    else addCommand(program, entry.name, entry, options, onRead);
  }
  return program
    .helpCommand("help [COMMAND]", "print the help of a command")
    .allowExcessArguments()
    .action(() => {
      if (program.args.length === 0) program.help();
      throw createSubcommandError(program);
    });
}

/** The options that every command accepts. They belong to the program. */
interface SharedOptions {
  readonly program: CheckedCommand;
  readonly global: readonly Option[];
  readonly settings: ReadonlyMap<SettingName, Option>;
}

/** Adds a group of commands. Without a subcommand it is an error. */
function addGroup(
  options: SharedOptions,
  { name, summary, commands: members }: CommandGroup,
  onRead: (line: CommandLine) => void,
): void {
  const group = options.program.command(name).summary(summary).description(formatSentence(summary));
  group.usage("COMMAND [OPTIONS]").helpCommand(false);
  for (const command of members) addCommand(group, `${name} ${command.name}`, command, options, onRead);
  group.allowExcessArguments().action(() => {
    throw createSubcommandError(group);
  });
}

/** Adds a command. Its help lists its own flags, the global ones and its settings. */
function addCommand(
  parent: CommanderCommand,
  path: string,
  { name, summary, operand, flags = [], settings = [], examples = [], prepare }: Command,
  options: SharedOptions,
  onRead: (line: CommandLine) => void,
): void {
  const { program } = options;
  const command = parent.command(name).summary(summary).description(formatSentence(summary));
  for (const term of operand?.term.split(" ") ?? []) command.argument(term, operand?.help);
  for (const flag of flags) command.addOption(createOption(flag));
  const settingOptions = settings.flatMap((setting) => options.settings.get(setting) ?? []);
  const inheritedOptions = settingOptions.length > 0 ? [...options.global, ...settingOptions] : [];
  command
    .usage(operand ? `${operand.term.replaceAll(/[<>]/g, "")} [OPTIONS]` : "[OPTIONS]")
    .configureHelp({
      ...program.configureHelp(),
      visibleOptions: (shownCommand) => [...new Help().visibleOptions(shownCommand), ...inheritedOptions],
    })
    .addHelpText("after", formatExamples(examples))
    .action(() =>
      onRead({
        ...prepare(command.optsWithGlobals(), command.args),
        command: path,
        config: program.getOptionValue("config"),
        settings: collectSettings(options),
        set: program.getOptionValue("set") ?? [],
      }),
    );
}

/** Returns the settings that were given, by name. */
function collectSettings({ program, settings }: SharedOptions): Partial<ConfigOverrides> {
  const settingValues = [...settings].map(([name, option]) => [
    name,
    program.getOptionValue(option.attributeName()),
  ]);
  return Object.fromEntries(settingValues.filter(([, value]) => value !== undefined));
}

/** Returns commander's option for a setting. */
function createSettingOption({
  name,
  metavar,
  help,
  default: byDefault,
}: (typeof overrides)[number]): Option {
  const value = switches.has(`--${name}`) ? `[${metavar}]` : `<${metavar}>`;
  return createOption({
    term: `--${name} ${value}`,
    help: byDefault === "" ? help : `${help} (default ${byDefault})`,
    // These flags can be repeated.
    ...((name === "env" || name === "reporter") && {
      parse: (given, _, before) => (before ? `${before},${given}` : given),
    }),
  }).helpGroup("Settings, also in monstack.yaml; a flag wins over the file:");
}

/** Returns commander's option for a flag. An empty value is an error. */
function createOption({ term, help, parse = (given) => given }: Flag): Option {
  const option = new Option(term, help);
  if (!option.required && !option.optional) return option;
  return option.argParser((given, before) => {
    if (given === "") throw new UserError(`${option.long} needs a value`);
    return parse(given, option.long ?? "", before);
  });
}

/** Formats an item as commander does, but puts a long term on its own line. */
function formatHelpItem(term: string, width: number, description: string, helper: Help): string {
  const format = (text: string) => Help.prototype.formatItem.call(helper, text, width, description, helper);
  return term.length <= width ? format(term) : `  ${term}\n${format("")}`;
}

function formatSentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** Returns the examples for the end of a command's help; empty without examples. */
function formatExamples(examples: NonNullable<Command["examples"]>): string {
  if (examples.length === 0) return "";
  return `\nExamples:\n${examples.map(([line, purpose]) => `  ${line}\n      ${purpose}\n`).join("")}`;
}

const rootHelp = `
Try it, as root or as a user who may sudo without a password:
  monstack run            installs, deploys, verifies, reports and cleans up: about half a minute
  monstack up             leaves it running: Grafana at http://localhost:3000, Prometheus at :9090
  monstack verify         proves that it still works
  monstack down           takes it away

\`monstack COMMAND --help\` prints the flags of a command and the settings that it uses.

Exit codes:
    0  verified
    1  the stack failed verification
    2  the configuration, its lock file, a bundle or the command line is wrong
    3  it could not be installed, bundled, backed up or restored
    4  torn down, but something is left
  130  interrupted, and torn down
`;
