import { isMapping } from "../lib/object.ts";
import { didYouMean } from "../lib/suggest.ts";
import { shown } from "./mistakes.ts";
import { inKey, type Parsed, type Parser, type Problem, problem } from "./parsers.ts";

type Fields = Readonly<Record<string, Parser<unknown>>>;

/** What a mapping of such fields holds; a key that isn't there is undefined. */
export type Mapped<F extends Fields> = {
  readonly [K in keyof F]: (F[K] extends Parser<infer T> ? T : never) | undefined;
};

/**
 * A mapping with known keys.
 * @param whatIsRight as a message puts it: `a mapping with url, ...`
 */
export function mapping<F extends Fields>(whatIsRight: string, fields: F): Parser<Mapped<F>> {
  const known = Object.keys(fields);
  return (given, base) => {
    if (!isMapping(given)) return problem(`${shown(given)} is not a mapping; right would be ${whatIsRight}`);
    const problems: Problem[] = Object.keys(given)
      .filter((key) => !known.includes(key))
      .map((key) => ({ at: [key], text: `unknown key; ${didYouMean(key, known)}` }));
    const values: Record<string, unknown> = {};
    for (const [key, parse] of Object.entries(fields)) {
      if (!Object.hasOwn(given, key)) continue;
      const parsed = below(key, parse(given[key], base));
      if ("problems" in parsed) problems.push(...parsed.problems);
      else values[key] = parsed.value;
    }
    // Each value came out of the parser of its own key.
    return problems.length > 0 ? { problems } : { value: values as Mapped<F> };
  };
}

/** A mapping with keys of the user's choice. */
export function entriesOf<T>(
  whatIsRight: string,
  key: Parser<string>,
  value: Parser<T>,
): Parser<Readonly<Record<string, T>>> {
  return (given, base) => {
    if (!isMapping(given)) return problem(`${shown(given)} is not a mapping; right would be ${whatIsRight}`);
    if (Object.keys(given).length === 0) return problem(`nothing is in it; right would be ${whatIsRight}`);
    const problems: Problem[] = [];
    const values: Record<string, T> = {};
    for (const [name, inner] of Object.entries(given)) {
      const [ofKey, ofValue] = [below(name, key(name, base)), below(name, value(inner, base))];
      if ("problems" in ofKey) problems.push(...inKey(ofKey.problems));
      if ("problems" in ofValue) problems.push(...ofValue.problems);
      const parsed = value(inner, base);
      if ("value" in parsed) values[name] = parsed.value;
    }
    return problems.length > 0 ? { problems } : { value: values };
  };
}

function below<T>(key: string, parsed: Parsed<T>): Parsed<T> {
  if ("value" in parsed) return parsed;
  return { problems: parsed.problems.map((one) => ({ ...one, at: [key, ...one.at] })) };
}
