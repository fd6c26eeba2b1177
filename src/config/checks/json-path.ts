import * as z from "zod";
import { shown } from "../../yaml/mistakes.ts";
import { entriesOf } from "../../yaml/primitives.ts";
import { valueComparison } from "./comparison.ts";

/** A path into JSON: `$.items[0].name`, `status["a.b"]`, `$.items[*].ready`. */
export interface JsonPath {
  /** As it was written. */
  readonly text: string;
  readonly steps: readonly Step[];
}

/** A key, a place in a list (from its end when negative), or all of a list or mapping. */
type Step = { readonly key: string } | { readonly index: number } | { readonly all: true };

/** A value that a path leads to, and where it stands. */
export interface Found {
  readonly at: string;
  readonly value: unknown;
}

/** Reads a path; the `$` at its start may be left out. */
export function readJsonPath(given: string): JsonPath | { readonly problem: string } {
  const text = given.trim();
  let rest = text.startsWith("$") ? text.slice(1) : `.${text}`;
  if (rest.startsWith(".[")) rest = rest.slice(1);
  const steps: Step[] = [];
  while (rest !== "") {
    const match = oneStep.exec(rest);
    if (!match)
      return {
        problem: `${shown(text)} is not a path (at ${shown(rest)}); expected for example $.status, $.items[0].name or $.items[*].ready`,
      };
    steps.push(toStep(match));
    rest = rest.slice(match[0].length);
  }
  return { text, steps };
}

/** Paths with what is expected at each. */
export const comparisonsByPath = entriesOf(
  z.string().superRefine((given, issues) => {
    const path = readJsonPath(given);
    if ("problem" in path) issues.addIssue(path.problem);
  }),
  valueComparison,
  'paths with the values that are expected there, for example {$.status: ok, status.readyReplicas: ">= 2"}',
).transform((entries) =>
  Object.entries(entries).flatMap(([text, comparison]) => {
    const path = readJsonPath(text);
    return "problem" in path ? [] : [{ path, comparison }];
  }),
);

const oneStep = /^(?:\.([^.[\]"'\s]+)|\[(-?\d+)\]|\[(\*)\]|\["([^"]+)"\]|\['([^']+)'\])/;

function toStep([, name, index, star, double, single]: readonly (string | undefined)[]): Step {
  if (index !== undefined) return { index: Number(index) };
  if (star !== undefined || name === "*") return { all: true };
  return { key: name ?? double ?? single ?? "" };
}

/** All values that a path leads to; none when there is nothing. */
export function findAll({ steps }: JsonPath, value: unknown): readonly Found[] {
  return steps.reduce<readonly Found[]>(
    (found, step) => found.flatMap((one) => follow(one, step)),
    [{ at: "$", value }],
  );
}

function follow({ at, value }: Found, step: Step): Found[] {
  if (Array.isArray(value)) {
    if ("all" in step) return value.map((inner, index) => ({ at: `${at}[${index}]`, value: inner }));
    const index = "index" in step ? step.index : Number.NaN;
    const inner: unknown = value.at(index);
    return Number.isInteger(index) && inner !== undefined ? [{ at: `${at}[${index}]`, value: inner }] : [];
  }
  if (typeof value !== "object" || value === null || "index" in step) return [];
  const entries = Object.entries(value);
  return entries
    .filter(([key]) => "all" in step || key === step.key)
    .map(([key, inner]) => ({
      at: `${at}${/^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`}`,
      value: inner,
    }));
}
