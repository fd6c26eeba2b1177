import { isMapping } from "../../lib/object.ts";
import { shown } from "../../yaml/mistakes.ts";
import { type Base, type Parsed, type Parser, type Problem, problem } from "../../yaml/parsers.ts";

/** A list of mappings in the file, each with a name of its own; `one` gives an item without a name its default. */
export function namedList<T extends { readonly name: string }>(
  one: (given: unknown, base: Base) => Parsed<T>,
  whatIsRight: string,
): Parser<readonly T[]> {
  return (given, base) => {
    if (given === null) return { value: [] };
    if (!Array.isArray(given)) {
      const item = isMapping(given) ? "each as an item that starts with -" : whatIsRight;
      return problem(`${shown(given)} is not a list; right would be ${item}`);
    }
    const items: T[] = [];
    const problems: Problem[] = [];
    for (const [index, each] of given.entries()) {
      const parsed = one(each, base);
      if ("problems" in parsed)
        problems.push(...parsed.problems.map((one) => ({ ...one, at: [index, ...one.at] })));
      else if (items.some(({ name }) => name === parsed.value.name))
        problems.push({
          at: isMapping(each) && "name" in each ? [index, "name"] : [index],
          text: `there is another one named ${parsed.value.name}; right would be a name of its own: name: ...`,
        });
      else items.push(parsed.value);
    }
    return problems.length > 0 ? { problems } : { value: items };
  };
}
