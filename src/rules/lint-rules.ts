import { didYouMean } from "../config/suggest.ts";
import type { Complain } from "./mistake.ts";

type Mapping = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

export function unknownKeys(
  mapping: Mapping,
  known: readonly string[],
  path: Path,
  complain: Complain,
): void {
  for (const key of Object.keys(mapping)) {
    if (!known.includes(key))
      complain([...path, key], `the key ${key} is not known; ${didYouMean(key, known)}`);
  }
}
