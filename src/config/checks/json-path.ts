import { shown } from "../../yaml/mistakes.ts";
import { type Parser, problem } from "../../yaml/parsers.ts";

/** A way into JSON: `$.items[0].name`, `status["a.b"]`, `$.items[*].ready`. */
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

/** `$` at the start may be left out. */
export const jsonPath: Parser<JsonPath> = (given) => {
  const right = "right would be e.g. $.status, $.items[0].name or $.items[*].ready";
  if (typeof given !== "string") return problem(`${shown(given)} is no path; ${right}`);
  const text = given.trim();
  let rest = text.startsWith("$") ? text.slice(1) : `.${text}`;
  if (rest.startsWith(".[")) rest = rest.slice(1);
  const steps: Step[] = [];
  while (rest !== "") {
    const match = oneStep.exec(rest);
    if (!match) return problem(`${shown(text)} is no path (at ${shown(rest)}); ${right}`);
    steps.push(stepOf(match));
    rest = rest.slice(match[0].length);
  }
  return { value: { text, steps } };
};

const oneStep = /^(?:\.([^.[\]"'\s]+)|\[(-?\d+)\]|\[(\*)\]|\["([^"]+)"\]|\['([^']+)'\])/;

function stepOf([, name, index, star, double, single]: readonly (string | undefined)[]): Step {
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
