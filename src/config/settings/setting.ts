import type { Parser } from "../parsers.ts";

/** A setting that the file, the action's inputs and the CLI's flags share. */
export interface Setting<T> {
  /** What inputs and flags hold: always a text. */
  readonly fromText: Parser<T>;
  readonly fromFile: Parser<T>;
  /** Key path in the file; undefined when it can't stand there. */
  readonly inFile: readonly [string] | readonly [string, string] | undefined;
  readonly metavar: string;
  readonly help: string;
  /** The default in words. */
  readonly byDefault: string;
}

/** A setting that is written the same way everywhere. */
export function same<T>(
  parse: Parser<T>,
  inFile: Setting<T>["inFile"],
  metavar: string,
  byDefault: string,
  help: string,
): Setting<T> {
  return { fromText: parse, fromFile: parse, inFile, metavar, byDefault, help };
}
