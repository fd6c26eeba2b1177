import { type Context, createContext, runInContext } from "node:vm";
import { RE2JS, RE2JSException } from "re2js";
import { UserError } from "./errors.ts";

/** A regular expression from foreign text. It runs in linear time, or within a time limit. */
export interface ForeignPattern {
  /** @throws SlowPattern if it ran into its time limit. */
  test(text: string): boolean;
  /** @throws SlowPattern if it ran into its time limit. */
  exec(text: string): PatternMatch | undefined;
}

interface PatternMatch {
  /** The whole match, then its groups. Undefined for a group that took no part in the match. */
  readonly groups: readonly (string | undefined)[];
  /** The named groups that took part in the match. */
  readonly named: ReadonlyMap<string, string>;
}

/** A regular expression that was stopped because it ran for too long. */
export class SlowPattern extends UserError {}

/**
 * Compiles a pattern in Go's syntax, as Prometheus and Alertmanager do: it must match the whole text, and the dot also
 * matches line breaks.
 * @throws Error with the reason if the pattern is invalid
 */
export function compileGoPattern(pattern: string): ForeignPattern {
  // The pattern must also be valid alone: `a)|(b` is valid only between the added parentheses.
  compileLinear(pattern, 0);
  return wrapLinearPattern(compileLinear(`^(?:${pattern})$`, RE2JS.DOTALL));
}

/**
 * Compiles a pattern in JavaScript's syntax, as Grafana does. A pattern that RE2 understands in the same way runs in
 * linear time. Any other one (with look-ahead or back references) runs within a time limit.
 * @throws SyntaxError if it is not a regular expression
 */
export function compileScriptPattern(pattern: string, flags = ""): ForeignPattern {
  // Without a text, this only checks the syntax.
  runWithTimeLimit(pattern, flags, undefined);
  const re2Flags = toRe2Flags(flags);
  if (re2Flags !== undefined && !differingSyntaxPattern.test(pattern)) {
    try {
      return wrapLinearPattern(compileLinear(pattern, re2Flags));
    } catch {
      // The pattern uses a feature that RE2 lacks.
    }
  }
  return wrapTimeLimitedPattern(pattern, flags);
}

/** Matches syntax that JavaScript and RE2 read differently: escapes such as `\A`, and POSIX classes. */
const differingSyntaxPattern = /\\[AzQEaCpP]|\[:/;

/**
 * Returns the RE2 flags for JavaScript's flags; undefined if RE2 has no equivalent. The flags g and d do not change a
 * single match.
 */
function toRe2Flags(flags: string): number | undefined {
  if (/[^gdims]/.test(flags)) return undefined;
  const selectFlag = (letter: string, value: number) => (flags.includes(letter) ? value : 0);
  return (
    selectFlag("i", RE2JS.CASE_INSENSITIVE) | selectFlag("m", RE2JS.MULTILINE) | selectFlag("s", RE2JS.DOTALL)
  );
}

/** The longest accepted pattern. The compiled program of a longer one would be large. */
const maxCharacters = 20_000;

/** Compiles a pattern with RE2. @throws Error with the reason if the pattern is invalid or too long */
function compileLinear(pattern: string, flags: number): RE2JS {
  if (pattern.length > maxCharacters)
    throw new Error(`the regular expression is longer than ${maxCharacters} characters`);
  try {
    return RE2JS.compile(pattern, flags);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new Error(String(error.message).replace(/^error parsing regexp: /, ""), { cause: error });
  }
}

/** Returns a compiled RE2 pattern as a `ForeignPattern`. */
function wrapLinearPattern(pattern: RE2JS): ForeignPattern {
  return {
    test: (text) => pattern.test(text),
    exec: (text) => {
      const matcher = pattern.matcher(text);
      if (!matcher.find()) return undefined;
      const groups = Array.from(
        { length: matcher.groupCount() + 1 },
        (_, index) => matcher.group(index) ?? undefined,
      );
      const named = Object.entries(pattern.namedGroups()).flatMap(([name, index]) => {
        const value = groups[index];
        return value === undefined ? [] : [[name, value] as const];
      });
      return { groups, named: new Map(named) };
    },
  };
}

/** The time limit of one call in milliseconds. */
const callLimitMs = 100;
/** Milliseconds that all slow patterns together may still use: a dashboard can have thousands of them. */
let remainingMs = 2_000;
/** The V8 context in which patterns run. It is created with the first pattern. */
let context: Context | undefined;

/**
 * Returns a pattern that JavaScript's own engine matches within the time limit. After the first text that takes too
 * long, each call fails at once.
 */
function wrapTimeLimitedPattern(pattern: string, flags: string): ForeignPattern {
  const state = { isSlow: false };
  const exec = (text: string): PatternMatch | undefined => {
    if (state.isSlow || remainingMs <= 0) throw createSlowPatternError(pattern);
    try {
      return runWithTimeLimit(pattern, flags, text);
    } catch (error) {
      state.isSlow = error instanceof SlowPattern;
      throw error;
    }
  };
  return { exec, test: (text) => exec(text) !== undefined };
}

/**
 * The script that matches `pattern` against `text`, and returns the groups as JSON. Without a text it only compiles the
 * pattern. V8 checks the time limit while it backtracks, so that no separate thread is needed.
 */
const matchScript = `
  const found = new RegExp(pattern, flags.replace(/[gy]/g, ""));
  const match = text === undefined ? null : found.exec(text);
  match && JSON.stringify([[...match], Object.entries(match.groups ?? {})]);
`;

/**
 * Returns the first match of a pattern in a text; undefined if there is none, or without a text.
 * @throws SyntaxError if the pattern is invalid
 * @throws SlowPattern if the match takes longer than `callLimitMs`
 */
function runWithTimeLimit(
  pattern: string,
  flags: string,
  text: string | undefined,
): PatternMatch | undefined {
  context ??= createContext(Object.create(null));
  Object.assign(context, { pattern, flags, text });
  const startedAt = performance.now();
  try {
    const json: unknown = runInContext(`{${matchScript}}`, context, { timeout: callLimitMs });
    if (typeof json !== "string") return undefined;
    const [groups, named] = JSON.parse(json) as [(string | null)[], [string, string | undefined][]];
    return {
      groups: groups.map((group) => group ?? undefined),
      named: new Map(named.filter((entry): entry is [string, string] => typeof entry[1] === "string")),
    };
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT")
      // The error is an instance of the other context's SyntaxError, so a new one is created here.
      throw new SyntaxError(String((cause as { message?: unknown }).message));
    remainingMs -= performance.now() - startedAt;
    throw createSlowPatternError(pattern, cause);
  }
}

/** Returns the error for a pattern that takes too long, with its first 80 characters. */
function createSlowPatternError(pattern: string, cause?: unknown): SlowPattern {
  const shownPattern = pattern.length > 80 ? `${pattern.slice(0, 80)}...` : pattern;
  return new SlowPattern(`the regular expression ${JSON.stringify(shownPattern)} runs for too long`, {
    cause,
    fix: "Write it without nested repetitions, look-ahead and back references.",
  });
}
