import { UserError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { duration } from "../yaml/parsers.ts";
import type { FlagValues } from "./rbac-flags.ts";

/** Of `cache`. */
export interface CacheFlags {
  readonly action: "list" | "prune";
  /** What was not used for so long goes, in milliseconds; 0 for all. */
  readonly olderThanMs: number;
  readonly json: boolean;
}

const byDefault: CacheFlags = { action: "list", olderThanMs: 30 * 24 * 3_600_000, json: false };

/** The flags of `cache` that aren't settings. */
export const cacheFlags = [
  {
    name: "older-than",
    metavar: "TIME",
    help: "cache prune: take away what no run has used for so long; default 30d",
  },
  { name: "all", metavar: "", help: "cache prune: take away everything but what is in use" },
] as const;

/**
 * @param action the word after `cache`
 * @throws UserError for one that isn't list or prune, and for a flag that doesn't go with it
 */
export function cacheOf(
  values: FlagValues,
  command: string | undefined,
  action: string | undefined,
): CacheFlags {
  const given = cacheFlags.map(({ name }) => name).filter((name) => values[name] !== undefined);
  if (command !== "cache") {
    if (given[0] === undefined || command === "help") return byDefault;
    throw new UserError(`--${given[0]} belongs to \`cache\``);
  }
  // Its help was asked for.
  if (action === undefined && values["help"] === true) return byDefault;
  if (action !== "list" && action !== "prune") {
    const said = action === undefined ? "cache needs a word more" : `\`cache ${action}\` is not a command`;
    const right = action === undefined ? undefined : didYouMean(action, ["list", "prune"]);
    throw new UserError(`${said}; ${right ?? "right would be `cache list` or `cache prune`"}`);
  }
  const [stray] = given;
  if (action === "list" && stray !== undefined) throw new UserError(`--${stray} belongs to \`cache prune\``);
  if (given.includes("all") && given.includes("older-than"))
    throw new UserError("--all and --older-than contradict each other: give one of them");
  const olderThanMs = given.includes("all") ? 0 : (olderThan(values) ?? byDefault.olderThanMs);
  return { action, olderThanMs, json: values["json"] === true };
}

/** Milliseconds. */
function olderThan(values: FlagValues): number | undefined {
  if (values["older-than"] === undefined) return undefined;
  const parsed = duration(values["older-than"], { folder: "", home: undefined });
  if ("value" in parsed) return parsed.value;
  throw new UserError(`--older-than: ${parsed.problems[0]?.text}`);
}
