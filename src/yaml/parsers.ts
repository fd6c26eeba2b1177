import { join, resolve } from "node:path";
import { parseDuration } from "../lib/duration.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Limits } from "./limits.ts";
import { shown } from "./mistakes.ts";

/** Something wrong with a value; `at` leads to the part of it that is meant. */
export interface Problem {
  readonly at: readonly (string | number)[];
  readonly text: string;
  /** When the value is a text: which character of it is meant. */
  readonly offset?: number;
  /** The key that `at` ends with is meant, and not its value. */
  readonly inKey?: boolean;
}

/** The same problems, of the key that a parser of a mapping's keys was given. */
export function inKey(problems: readonly Problem[]): Problem[] {
  return problems.map((one) => ({ ...one, inKey: true }));
}

export type Parsed<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/** What relative paths and `~` stand for. */
export interface Base {
  readonly folder: string;
  readonly home: string | undefined;
  /** For what is named in a file and never written there; undefined: nobody is going to need it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What a file may name; undefined for an input or a flag, which may name everything. */
  readonly limits?: Limits | undefined;
}

/** Turns what a file, an input or a flag holds into a setting. */
export type Parser<T> = (given: unknown, base: Base) => Parsed<T>;

export function problem(
  text: string,
  at: readonly (string | number)[] = [],
): { problems: readonly Problem[] } {
  return { problems: [{ at, text }] };
}

/** `expected` starts with an article: `a namespace (...)`. */
export function text(expected: string, isRight: (text: string) => boolean = () => true): Parser<string> {
  return (given) => {
    if (typeof given === "number" || typeof given === "boolean") {
      return problem(
        `${given} is ${typeof given === "number" ? "a number" : "true or false"} to YAML; right would be ${expected}, in quotes`,
      );
    }
    if (typeof given !== "string" || given.trim() === "" || !isRight(given.trim())) {
      return problem(`${shown(given)} is not ${expected}`);
    }
    return { value: given.trim() };
  };
}

/** A text that no message ever shows. */
export function secret(expected: string): Parser<string> {
  return (given) => {
    if (typeof given !== "string" || given === "")
      return problem(`what is there (not shown) is not ${expected}, in quotes`);
    return { value: given };
  };
}

export function oneOf<const T extends string>(what: string, choices: readonly T[]): Parser<T> {
  return (given) => {
    const found = choices.find((choice) => choice === given);
    if (found !== undefined) return { value: found };
    const hint =
      typeof given === "string" ? didYouMean(given, choices) : `right would be one of ${choices.join(", ")}`;
    return problem(`${shown(given)} is not ${what}; ${hint}`);
  };
}

export const port: Parser<number> = (given) => {
  const number = typeof given === "string" && /^\d{1,5}$/.test(given.trim()) ? Number(given) : given;
  if (typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 65535)
    return { value: number };
  return problem(`${shown(given)} is not a port; right would be a whole number from 1 to 65535`);
};

export const wholeNumber: Parser<number> = (given) => {
  const number = typeof given === "string" && /^\d{1,15}$/.test(given.trim()) ? Number(given) : given;
  if (typeof number === "number" && Number.isInteger(number) && number >= 0) return { value: number };
  return problem(`${shown(given)} is not a whole number; right would be 0 or more`);
};

/** Milliseconds. */
export const duration: Parser<number> = (given) => {
  if (typeof given === "number")
    return problem(`${given} has no unit; right would be a duration like ${given}s, 5m or 1h30m`);
  const ms = typeof given === "string" ? parseDuration(given.trim(), { allowsFractions: true }) : undefined;
  if (ms === undefined || ms <= 0) {
    return problem(`${shown(given)} is not a duration; right would be e.g. 90s, 5m or 1h30m`);
  }
  return { value: ms };
};

export const flag: Parser<boolean> = (given) =>
  typeof given === "boolean"
    ? { value: given }
    : problem(`${shown(given)} is not a yes or no; right would be true or false`);

/** A yes or no in an input or a flag. */
export const yesOrNo: Parser<boolean> = (given, base) => {
  if (given === "true" || given === "false") return { value: given === "true" };
  return flag(given, base);
};

/**
 * What a tool's release host can be asked for; numbers get their leading `v`.
 * @param right says what is accepted, as a message puts it
 */
export function toolVersion(right: string, isRight: RegExp): Parser<string> {
  const withV = (version: string) => (/^\d/.test(version) ? `v${version}` : version);
  const parse = text(`a version (${right})`, (version) => isRight.test(withV(version)));
  return (given, base) => {
    const parsed = parse(given, base);
    return "problems" in parsed ? parsed : { value: withV(parsed.value) };
  };
}

/** A path, made absolute. */
export const path: Parser<string> = (given, base) => {
  const parsed = text("a path")(given, base);
  return "problems" in parsed ? parsed : absolutePath(parsed.value, base);
};

/** A path as it is written, made absolute; a problem where a file may not name it. */
export function absolutePath(written: string, base: Base): Parsed<string> {
  const value = toAbsolute(written, base);
  const why = base.limits?.refusesPath(value);
  return why === undefined ? { value } : problem(`${shown(written)} can't be named in a file: ${why}`);
}

function toAbsolute(written: string, base: Base): string {
  if (base.home !== undefined && (written === "~" || written.startsWith("~/")))
    return join(base.home, written.slice(1));
  return resolve(base.folder, written);
}

/** A list in a file; a single value stands for a list of one. */
export function listOf<T>(item: Parser<T>, whatIsRight: string): Parser<readonly T[]> {
  return (given, base) => {
    if (given === null || given === undefined || (typeof given === "object" && !Array.isArray(given))) {
      return problem(`${shown(given)} is not a list; right would be ${whatIsRight}`);
    }
    const values: T[] = [];
    const problems: Problem[] = [];
    for (const [index, element] of (Array.isArray(given) ? given : [given]).entries()) {
      const parsed = item(element, base);
      if ("value" in parsed) values.push(parsed.value);
      else
        problems.push(
          ...parsed.problems.map((one) => ({
            ...one,
            at: Array.isArray(given) ? [index, ...one.at] : one.at,
          })),
        );
    }
    return problems.length > 0 ? { problems } : { value: values };
  };
}

/** A list in one text, as inputs and flags write it; empty parts are left out. */
export function splitList<T>(item: Parser<T>, separator: RegExp): Parser<readonly T[]> {
  return (given, base) => {
    const parts =
      typeof given === "string"
        ? given
            .split(separator)
            .map((part) => part.trim())
            .filter((part) => part !== "")
        : [];
    return listOf(item, "a list")(parts, base);
  };
}
