import { shown } from "./mistakes.ts";
import { type Parser, type Problem, problem } from "./parsers.ts";

/** A value that goes over all others of an app, as helm's `--set` does. */
export interface SetValue {
  /** `["server", "hosts", 0]`. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** A mapping from key paths to values, or a list of `path=value` as helm's `--set` takes them. */
export const setValues: Parser<readonly SetValue[]> = (given) => {
  if (given === null) return { value: [] };
  if (Array.isArray(given)) return collected(given.map((one, index) => [[index], pairOf(one)] as const));
  if (typeof given !== "object")
    return problem(`${shown(given)} is not values to set; right would be e.g. server.retention: 30d`);
  const entries = Object.entries(given as Record<string, unknown>);
  return collected(entries.map(([key, value]) => [[key], withPath(key, value)] as const));
};

type Found = SetValue | { readonly wrong: string };

function collected(
  each: readonly (readonly [readonly (string | number)[], Found])[],
): ReturnType<typeof setValues> {
  const problems = each.flatMap(([at, one]): Problem[] => ("wrong" in one ? [{ at, text: one.wrong }] : []));
  if (problems.length > 0) return { problems };
  return { value: each.flatMap(([, one]) => ("wrong" in one ? [] : [one])) };
}

function pairOf(given: unknown): Found {
  const parts = typeof given === "string" ? /^((?:\\.|[^=\\])+)=(.*)$/s.exec(given) : null;
  if (!parts) return { wrong: `${shown(given)} is not a value to set; right would be server.retention=30d` };
  return withPath(parts[1] ?? "", typed(parts[2] ?? ""));
}

function withPath(key: string, value: unknown): Found {
  const path = keyPath(key);
  return path === undefined
    ? { wrong: `\`${key}\` is not a key path; right would be e.g. server.hosts[0] (a dot in a key: \\.)` }
    : { path, value };
}

/** `a.b[0].c\.d` as `["a", "b", 0, "c.d"]`; undefined when it is none. */
export function keyPath(text: string): (string | number)[] | undefined {
  const path: (string | number)[] = [];
  for (const part of text.split(/(?<!\\)\./)) {
    const indexes = /((?:\[\d+\])*)$/.exec(part)?.[1] ?? "";
    const key = part.slice(0, part.length - indexes.length).replaceAll(/\\(.)/g, "$1");
    if (key === "" || /[[\]]/.test(key)) return undefined;
    path.push(key, ...[...indexes.matchAll(/\d+/g)].map(([digits]) => Number(digits)));
  }
  return path;
}

/** As helm's `--set` takes a text: whole numbers, true, false and null are that, `{a,b}` is a list. */
function typed(text: string): unknown {
  const list = /^\{(.*)\}$/s.exec(text)?.[1];
  if (list !== undefined) return list === "" ? [] : list.split(/(?<!\\),/).map(typed);
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  if (/^(0|-?[1-9]\d{0,15})$/.test(text)) return Number(text);
  return text.replaceAll(/\\(.)/g, "$1");
}
