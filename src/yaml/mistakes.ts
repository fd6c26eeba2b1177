import { isAbsolute, relative } from "node:path";
import { UserError } from "../lib/errors.ts";
import { hideUrlCredentials } from "../lib/redact/urls.ts";

/** Something wrong in the configuration, an input or a flag. */
export interface Mistake {
  /** `monstack.yaml:3:5`, `--grafana-port`, `input grafana-port` or `MONSTACK_MIRRORS`. */
  readonly where: string;
  /** Key path in the file; empty for anything that has none. */
  readonly path: string;
  /** What is there and what would be right. */
  readonly problem: string;
}

const mostShown = 20;

/** @throws UserError with all mistakes (at most 20 of them in full), when there is any. */
export function throwIfAny(mistakes: readonly Mistake[]): void {
  if (mistakes.length === 0) return;
  const lines = mistakes
    .slice(0, mostShown)
    .map(({ where, path, problem }) => `${where}: ${path && `${path}: `}${problem}`);
  if (lines.length === 1 && lines[0] !== undefined) throw new UserError(lines[0]);
  const more = mistakes.length - lines.length;
  if (more > 0) lines.push(`... and ${more} more`);
  throw new UserError(
    `${mistakes.length} mistakes in the configuration:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}

/** `apps.grafana.values[0]`; a key that holds a dot is put in quotes. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text && "."}${/[.\s]/.test(part) ? JSON.stringify(part) : part}`;
  }
  return text;
}

/** A path as the reader knows it: relative where it lies below the working folder. */
export function showPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

/** Returns the message for a value that is missing, or is not `what` it should be. */
export function mismatch(given: unknown, what: string, expected?: string): string {
  if (given === undefined) return `missing; expected ${expected ?? what}`;
  return `${shown(given)} is not ${what}${expected === undefined ? "" : `; expected ${expected}`}`;
}

/** Returns a value as a message shows it: short, and in the words of YAML. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "an empty value";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return String(value);
  const safe = hideUrlCredentials(value, "***");
  return JSON.stringify(safe.length > 60 ? `${safe.slice(0, 57)}...` : safe);
}
