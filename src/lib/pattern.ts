import { createContext, runInContext } from "node:vm";
import { RE2JS, RE2JSException } from "re2js";
import { UserError } from "./errors.ts";

/** A regular expression that somebody else wrote. It runs in linear time, or within a time limit. */
export interface ForeignPattern {
  /** @throws SlowPattern if it ran into its time limit. */
  test(text: string): boolean;
  /** @throws SlowPattern if it ran into its time limit. */
  exec(text: string): PatternMatch | undefined;
}

interface PatternMatch {
  /** The whole match, then its groups. */
  readonly groups: readonly (string | undefined)[];
  readonly named: ReadonlyMap<string, string>;
}

/** A regular expression that was stopped because it ran for too long. */
export class SlowPattern extends UserError {}

/**
 * Go's syntax, as Prometheus and Alertmanager take it: it must match the whole text, and the dot matches line ends.
 * @throws Error with the reason if the pattern is invalid
 */
export function compileGoPattern(pattern: string): ForeignPattern {
  // Compiled alone first: `a)|(b` is valid only between the parentheses.
  compileLinear(pattern, 0);
  return wrapLinearPattern(compileLinear(`^(?:${pattern})$`, RE2JS.DOTALL));
}

/**
 * JavaScript's syntax, as Grafana takes it. What RE2 understands too runs in linear time, the rest (look-ahead,
 * back references) within a time limit.
 * @throws SyntaxError when it is not a regular expression
 */
export function compileScriptPattern(pattern: string, flags = ""): ForeignPattern {
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

/** Escapes that JavaScript takes for letters and RE2 doesn't, and POSIX classes. */
const differingSyntaxPattern = /\\[AzQEaCpP]|\[:/;

function toRe2Flags(flags: string): number | undefined {
  if (/[^gdims]/.test(flags)) return undefined;
  const flag = (letter: string, value: number) => (flags.includes(letter) ? value : 0);
  return flag("i", RE2JS.CASE_INSENSITIVE) | flag("m", RE2JS.MULTILINE) | flag("s", RE2JS.DOTALL);
}

/** Longer patterns are refused: their compiled program would be large. */
const mostCharacters = 20_000;

function compileLinear(pattern: string, flags: number): RE2JS {
  if (pattern.length > mostCharacters)
    throw new Error(`the regular expression is longer than ${mostCharacters} characters`);
  try {
    return RE2JS.compile(pattern, flags);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new Error(String(error.message).replace(/^error parsing regexp: /, ""), { cause: error });
  }
}

function wrapLinearPattern(pattern: RE2JS): ForeignPattern {
  return {
    test: (text) => pattern.test(text),
    exec: (text) => {
      const found = pattern.matcher(text);
      if (!found.find()) return undefined;
      const groups = Array.from(
        { length: found.groupCount() + 1 },
        (_, index) => found.group(index) ?? undefined,
      );
      const named = Object.entries(pattern.namedGroups()).flatMap(([name, index]) => {
        const value = groups[index];
        return value === undefined ? [] : [[name, value] as const];
      });
      return { groups, named: new Map(named) };
    },
  };
}

const callLimitMs = 100;
/** What all patterns together may waste: a dashboard can have thousands of them. */
let remainingMs = 2_000;
let context: ReturnType<typeof createContext> | undefined;

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

/** V8 checks the time limit while it backtracks, so that no separate thread is needed. */
const matchScript = `
  const found = new RegExp(pattern, flags.replace(/[gy]/g, ""));
  const match = text === undefined ? null : found.exec(text);
  match && JSON.stringify([[...match], Object.entries(match.groups ?? {})]);
`;

function runWithTimeLimit(
  pattern: string,
  flags: string,
  text: string | undefined,
): PatternMatch | undefined {
  context ??= createContext(Object.create(null));
  Object.assign(context, { pattern, flags, text });
  const began = performance.now();
  try {
    const found: unknown = runInContext(`{${matchScript}}`, context, { timeout: callLimitMs });
    if (typeof found !== "string") return undefined;
    const [groups, named] = JSON.parse(found) as [(string | null)[], [string, string | undefined][]];
    return {
      groups: groups.map((one) => one ?? undefined),
      named: new Map(named.filter((one): one is [string, string] => typeof one[1] === "string")),
    };
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT")
      // Of the other context's SyntaxError, which is not an instance of ours.
      throw new SyntaxError(String((cause as { message?: unknown }).message));
    remainingMs -= performance.now() - began;
    throw createSlowPatternError(pattern, cause);
  }
}

function createSlowPatternError(pattern: string, cause?: unknown): SlowPattern {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}...` : pattern;
  return new SlowPattern(`the regular expression ${JSON.stringify(shown)} runs for too long`, {
    cause,
    fix: "Write it without nested repetitions, look-ahead and back references.",
  });
}
