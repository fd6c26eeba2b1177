import { parseArgs } from "node:util";
import { type ConfigOverrides, overrides, type SettingName } from "../config/settings.ts";
import { UserError } from "../lib/errors.ts";
import { didYouMean, nearest } from "../lib/suggest.ts";
import { duration } from "../yaml/parsers.ts";
import { type BundleFlags, bundleOf } from "./bundle-flags.ts";
import { type CacheFlags, cacheFlags, cacheOf } from "./cache-flags.ts";
import { type LockFlags, lockFlags, lockOf } from "./lock-flags.ts";
import { type FlagValues, type RbacFlags, rbacFlags, rbacOf } from "./rbac-flags.ts";

export const commands = {
  run: "up, verify and down in one: from nothing to a verified stack, and nothing left",
  up: "install k3s, deploy the stack and wait until it is ready; leave it running",
  verify: "check the stack that `up` left running",
  down: "take everything away that `up` made, and prove that nothing is left",
  checklist: "judge the eight points of the production checklist on the stack that `up` left running",
  backup: "write the metrics, dashboards and silences of the stack that `up` left running into one archive",
  restore: "put such an archive into the stack that `up` left running: restore FILE",
  bundle: "everything that a run needs in one file: bundle create -o FILE, inspect FILE, verify FILE",
  lock: "write down exactly what a run installs (monstack.lock), so that every run installs just that",
  cache: "what is kept of downloads: cache list, cache prune",
  plan: "print what a run would do, and change nothing",
  rbac: "print the roles that a run on an existing cluster needs, for its administrator to apply",
  doctor: "look at this machine: what a run would find and adapt to, and what would stop it",
} as const;

export type CommandName = keyof typeof commands;

export interface CommandLine {
  readonly command: CommandName | "help" | "version";
  /** The command that help was asked for. */
  readonly about: CommandName | undefined;
  readonly config: string | undefined;
  readonly settings: Partial<ConfigOverrides>;
  readonly verbose: boolean;
  /** After a failure, leave everything as it is, to be looked at. */
  readonly keep: boolean;
  /** Take down first what an earlier run left behind. */
  readonly replace: boolean;
  /** The file that `restore` reads, as it was written. */
  readonly file: string | undefined;
  /** The file that `backup` or `bundle create` writes, as it was written. */
  readonly output: string | undefined;
  /** `verify` goes on, round after round. */
  readonly watch: WatchFlags | undefined;
  /** Of `plan`. */
  readonly plan: PlanFlags;
  readonly rbac: RbacFlags;
  /** Undefined with another command. */
  readonly bundle: BundleFlags | undefined;
  readonly lock: LockFlags;
  readonly cache: CacheFlags;
}

export interface PlanFlags {
  /** Write the corrected files. */
  readonly fix: boolean;
  /** Fetch nothing. */
  readonly offline: boolean;
  /** A key without effect is a mistake. */
  readonly strict: boolean;
}

/** Both in milliseconds. */
interface WatchFlags {
  readonly everyMs: number;
  /** Undefined: until it is interrupted. */
  readonly forMs: number | undefined;
}

const defaultEveryMs = 30_000;

/** Flags that aren't settings. */
export const ownFlags = [
  {
    name: "config",
    metavar: "FILE",
    help: "Configuration file; default monstack.yaml in this folder, if there is one",
  },
  { name: "replace", metavar: "", help: "up, run: first take down what an earlier run left behind" },
  { name: "keep", metavar: "", help: "up, run: leave everything running after a failure, to look at it" },
  {
    name: "watch",
    metavar: "",
    help: "verify: go on, round after round, until Ctrl-C; 1 if any round was red",
  },
  {
    name: "every",
    metavar: "TIME",
    help: "verify --watch: from one round's begin to the next one's; default 30s",
  },
  { name: "for", metavar: "TIME", help: "verify --watch: begin no round after this time" },
  {
    name: "output",
    metavar: "FILE",
    help: "backup: the archive to write; default monstack-backup-TIME.tar.gz in this folder. bundle create: the bundle (-o)",
  },
  {
    name: "fix",
    metavar: "",
    help: "plan: write a corrected FILE.fixed.yaml beside each file with values that change nothing",
  },
  {
    name: "offline",
    metavar: "",
    help: "plan: fetch no charts, so values that change nothing are not looked for",
  },
  { name: "strict", metavar: "", help: "plan: 2 when a value changes nothing" },
  ...lockFlags,
  ...rbacFlags,
  ...cacheFlags,
  { name: "json", metavar: "", help: "bundle inspect, cache: print JSON" },
  { name: "verbose", metavar: "", help: "Say more" },
  { name: "help", metavar: "", help: "Show this help" },
  { name: "version", metavar: "", help: "Print monstack's version" },
] as const;

/**
 * Reads the command line.
 * @param argv without the interpreter and the script
 * @throws UserError naming the word that is wrong and what would be right
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = read(argv);
  const [word, ...operands] = positionals;
  const [file] = word === "restore" ? operands.splice(0, 1) : [];
  if (values["json"] === true && !["bundle", "cache", "help"].includes(word ?? "help"))
    throw new UserError("--json belongs to `bundle inspect` and `cache`");
  const bundle = bundleOf(values, word, word === "bundle" ? operands.splice(0) : []);
  const lock = lockOf(values, word, word === "lock" ? operands.splice(0) : []);
  const [action] = word === "cache" ? operands.splice(0, 1) : [];
  const [extra] = operands;
  if (extra !== undefined)
    throw new UserError(`unexpected argument \`${extra}\` after \`${file ?? action ?? word}\``);
  if (word !== undefined && word !== "help" && !isCommand(word)) {
    throw new UserError(`\`${word}\` is not a command; ${didYouMean(word, Object.keys(commands))}`);
  }
  const about = word !== undefined && word !== "help" ? word : undefined;
  const output = textOf(values["output"]);
  if (output !== undefined && about !== "backup" && about !== "bundle")
    throw new UserError("--output belongs to `backup` and `bundle create`");
  const asked = values["version"] === true ? "version" : values["help"] === true ? "help" : about;
  if (asked === "restore" && file === undefined)
    throw new UserError("restore needs the archive to restore: monstack restore FILE");
  return {
    command: asked ?? "help",
    about,
    config: textOf(values["config"]),
    settings: Object.fromEntries(
      overrides.flatMap(({ name }) => {
        const value = textOf(values[name]);
        return value === undefined ? [] : [[name, value]];
      }),
    ) as Partial<Record<SettingName, string>>,
    verbose: values["verbose"] === true,
    keep: values["keep"] === true,
    replace: values["replace"] === true,
    file,
    output,
    watch: watchOf(values, word),
    plan: planFlagsOf(values, word),
    rbac: rbacOf(values, word),
    bundle,
    lock,
    cache: cacheOf(values, word, action),
  };
}

function planFlagsOf(values: FlagValues, command: string | undefined): PlanFlags {
  const names = ["fix", "offline", "strict"] as const;
  const stray = command === "plan" || command === "help" ? undefined : names.find((name) => values[name]);
  if (stray !== undefined) throw new UserError(`--${stray} belongs to \`plan\``);
  return {
    fix: values["fix"] === true,
    offline: values["offline"] === true,
    strict: values["strict"] === true,
  };
}

function watchOf(values: FlagValues, command: string | undefined): WatchFlags | undefined {
  const every = timeOf(values, "every");
  const forMs = timeOf(values, "for");
  if (values["watch"] !== true) {
    const stray = every !== undefined ? "--every" : forMs !== undefined ? "--for" : undefined;
    if (stray !== undefined) throw new UserError(`${stray} belongs to \`verify --watch\``);
    return undefined;
  }
  if (command !== "verify" && command !== "help")
    throw new UserError("--watch belongs to `verify`: a stack that `up` left running is watched");
  return { everyMs: every ?? defaultEveryMs, forMs };
}

/** Milliseconds. */
function timeOf(values: FlagValues, name: "every" | "for"): number | undefined {
  if (values[name] === undefined) return undefined;
  const parsed = duration(values[name], { folder: "", home: undefined });
  if ("value" in parsed) return parsed.value;
  throw new UserError(`--${name}: ${parsed.problems[0]?.text}`);
}

function read(argv: readonly string[]): { values: FlagValues; positionals: string[] } {
  const valued = new Set<string>([
    "config",
    "every",
    "for",
    "older-than",
    "output",
    "also",
    "service-account",
    "user",
    ...overrides.map(({ name }) => name),
  ]);
  const known = [
    ...overrides.map(({ name }) => name as string),
    ...ownFlags.map(({ name }) => name as string),
  ];
  const { tokens } = parseArgs({
    args: [...argv],
    options: {
      ...Object.fromEntries(
        known.map((name) => [name, { type: valued.has(name) ? "string" : "boolean" } as const]),
      ),
      help: { type: "boolean", short: "h" },
      output: { type: "string", short: "o" },
      verbose: { type: "boolean", short: "v" },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: FlagValues = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (!known.includes(token.name))
      throw new UserError(`there is no ${token.rawName}; ${hint(token.name, known)}`);
    const value = token.value;
    if (valued.has(token.name) && (value === undefined || value === ""))
      throw new UserError(`${token.rawName} needs a value`);
    if (!valued.has(token.name) && value !== undefined)
      throw new UserError(`${token.rawName} takes no value`);
    const before = values[token.name];
    const isMore = token.name === "env" && typeof before === "string";
    values[token.name] = isMore ? `${before},${value}` : (value ?? true);
  }
  return { values, positionals };
}

function hint(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? "`monstack --help` lists them all" : `did you mean --${near}?`;
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(commands, word);
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
