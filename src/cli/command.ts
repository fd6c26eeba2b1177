import type { Session } from "../app/session/session.ts";
import { accessSettings } from "../config/settings/access.ts";
import { alertingSettings, dashboardSettings } from "../config/settings/alerting.ts";
import { stackSettings } from "../config/settings/stack.ts";
import { storageSettings } from "../config/settings/storage.ts";
import { supplySettings, toolSettings } from "../config/settings/tools.ts";
import type { SettingName } from "../config/settings.ts";
import { listSettingNames } from "../config/settings.ts";
import type { Context, Host } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import type { LineTone } from "../report/terminal.ts";
import { parseData } from "../yaml/mistakes.ts";
import { duration } from "../yaml/primitives.ts";

/** A command with its flags, its help and its function. */
interface CommandDefinition<Flags, Input> {
  readonly name: string;
  /** What the command does, on one line. */
  readonly summary: string;
  readonly operand?: Operand;
  readonly flags?: readonly Flag[];
  /** The settings that its help lists. Every command accepts all settings, so that one set of flags serves them all. */
  readonly settings?: readonly SettingName[];
  readonly examples?: readonly (readonly [line: string, purpose: string])[];
  /**
   * Turns flags and operands into the command's input.
   * @param flags values by the flags' names in camel case
   * @throws UserError if they contradict each other
   */
  readonly read: (flags: Flags, operands: readonly string[]) => Input;
  /** @returns the exit code */
  readonly run: (call: Call, input: Input) => Promise<number>;
}

/** Values that shell completion offers: a list, the files of the folder, or names that are looked up. */
export type Completion = readonly string[] | "files" | "apps" | "checks" | "locked";

/**
 * A word after the command, or several with spaces between them, in commander's notation: `<FILE>` is required,
 * `[NAME...]` is not and can be repeated.
 */
export interface Operand {
  readonly term: string;
  readonly help: string;
  readonly completion: Completion;
}

/** A flag of one command. */
export interface Flag {
  /** In commander's notation: `--watch` or `-o, --output <FILE>`. */
  readonly term: string;
  readonly help: string;
  /** Converts the value; by default it is a text. `before` is the result for the flag's previous occurrence. */
  readonly parse?: (text: string, flag: string, before: unknown) => unknown;
  readonly completion?: Completion;
}

/** A command with checked types, for a list of different commands. */
export interface Command extends Omit<CommandDefinition<never, never>, "read" | "run"> {
  readonly prepare: (flags: object, operands: readonly string[]) => PreparedCommand;
}

export interface PreparedCommand {
  readonly input: unknown;
  readonly run: (call: Call) => Promise<number>;
}

/** Commands with a first word in common, e.g. `cache list` and `cache prune`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/**
 * Writes a result, without secrets and without anything that a terminal or a runner obeys. In a terminal it has the colour
 * of its tone.
 */
export type Print = (text: string, tone?: LineTone) => void;

/** The functions of the CLI that a command uses. */
export interface Call {
  readonly print: Print;
  /** Writes a JSON text whose secrets are masked already. */
  readonly printJson: (json: string) => void;
  /** Writes a line that GitHub's runner reads as a command. Undefined if it does not read the output. */
  readonly writeCommand?: ((command: string) => void) | undefined;
  readonly createHost: () => Promise<Host>;
  /** Returns a context without a configuration. Ctrl-C fires its signal. */
  readonly createContext: () => Promise<Context>;
  /** Reads the configuration, calls `work` with the session, and closes the session afterwards. */
  readonly withSession: (
    work: (session: Session) => Promise<number>,
    options?: SessionOptions,
  ) => Promise<number>;
}

export interface SessionOptions {
  /** True if the command fetches nothing: then variables for logins may be missing. Default: false. */
  readonly isOffline?: boolean;
  /** True if the command changes a host or a cluster: then the message about an interruption mentions the teardown. Default: false. */
  readonly changesStack?: boolean;
  /** Absolute path of the file that the command writes. */
  readonly writes?: string;
  /** True if the run's events are written to stdout. Default: false. */
  readonly writesEvents?: boolean;
}

/** Returns a command with checked types, for a list of different commands. */
export function defineCommand<Flags, Input>({
  read,
  run,
  ...definition
}: CommandDefinition<Flags, Input>): Command {
  return {
    ...definition,
    prepare: (flags, operands) => {
      // The parser made these values from the definition's flags.
      const input = read(flags as Flags, operands);
      return { input, run: (call) => run(call, input) };
    },
  };
}

/**
 * Returns the duration of a flag in milliseconds.
 * @throws UserError if it is not a duration
 */
export function parseDurationFlag(text: string, flag: string): number {
  const parsed = parseData(duration, text);
  if ("value" in parsed) return parsed.value;
  throw new UserError(`${flag}: ${parsed.problems[0]?.message}`);
}

/** Settings of every command that reads the configuration. */
export const commonSettings: readonly SettingName[] = ["app-dir", "state-dir", "trust", "env"];

/** Settings that decide what is deployed, and from where it is fetched. */
export const planSettings = orderSettings(
  commonSettings,
  listNames(stackSettings),
  listNames(storageSettings),
  listNames(toolSettings),
  listNames(supplySettings),
  listNames(alertingSettings),
  listNames(dashboardSettings),
  listNames(accessSettings).filter((name) => !["verify-timeout", "report-dir", "reporter"].includes(name)),
);

/** Returns the names of some settings. */
export function listNames<Name extends SettingName>(settings: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(settings) as Name[];
}

/** Returns the settings of several lists, each once, in the order of the settings table. */
export function orderSettings(...lists: readonly (readonly SettingName[])[]): SettingName[] {
  const listed = new Set(lists.flat());
  return listSettingNames().filter((name) => listed.has(name));
}
