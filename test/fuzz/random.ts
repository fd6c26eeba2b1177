/** A source of choices that makes the same ones again from the same seed. */
export interface Random {
  /** A number from 0 up to 1, as Math.random gives it. */
  next(): number;
  /** A whole number from `least` up to and including `most`. */
  number(least: number, most: number): number;
  /** True with this likelihood. */
  chance(likelihood: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** A list of so many at most. */
  list<T>(most: number, make: () => T): T[];
}

/** Numbers from 0 up to 1 that follow from a seed: https://github.com/cprosche/mulberry32 */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function createRandom(seed: number): Random {
  const next = randomFrom(seed);
  const number = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    number,
    chance: (likelihood) => next() < likelihood,
    pick: (from) => from[number(0, from.length - 1)] as (typeof from)[number],
    list: (most, make) => Array.from({ length: number(0, most) }, make),
  };
}

/** The seed of one case of a target, so that it can be made again alone. */
export function seedOf(seed: number, target: string, index: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${target}/${index}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

/** Texts that programs stumble over. */
const nasty = [
  "__proto__",
  "constructor",
  "toString",
  "",
  " ",
  "\0",
  "\n",
  "\r\n",
  "\t",
  "\x1b[31m",
  "::error::",
  "##[debug]",
  "../",
  "..",
  "/",
  "//",
  "\\",
  "%zz",
  "%00",
  "\u202e",
  "\ufeff",
  "\ud800",
  "💥",
  "é",
  "null",
  "true",
  "~",
  "0x10",
  "1e999",
  "-1",
  "9007199254740993",
  "[",
  "{",
  "]",
  "}",
  "(",
  ")",
  '"',
  "'",
  "`",
  "$",
  "${",
  "{{",
  "}}",
  "&a",
  "*a",
  "<<",
  "? ",
  "- ",
  ": ",
  "#",
  "|",
  ">",
  "!",
  "@",
  "=",
  ",",
];

/** A short text, most often an odd one. */
export function oddText(random: Random): string {
  return random.list(4, () => random.pick([...nasty, "a", "x1", "job", "up"])).join("");
}

/** One piece over and over, up to some tens of thousands of characters. */
export function longText(random: Random, pieces: readonly string[] = nasty): string {
  const piece = random.list(3, () => random.pick(pieces)).join("") || "x";
  return piece.repeat(Math.ceil(random.pick([10, 300, 3_000, 20_000]) / piece.length));
}

/** A text with some of its parts taken out, doubled, exchanged, or replaced by odd ones. */
export function mutated(random: Random, text: string): string {
  let changed = text;
  for (let left = random.number(1, 5); left > 0; left--) {
    const from = random.number(0, changed.length);
    const to = Math.min(changed.length, from + random.number(0, 40));
    const part = changed.slice(from, to);
    const instead = random.pick(["", part + part, oddText(random), [...part].reverse().join("")]);
    changed = changed.slice(0, from) + instead + changed.slice(to);
  }
  return random.chance(0.02) ? changed + longText(random) : changed;
}

/** Data as JSON or YAML could hold it. */
export function oddData(random: Random, depth = 4): unknown {
  const kind = depth > 0 ? random.number(0, 7) : random.number(2, 7);
  if (kind === 0) return random.list(4, () => oddData(random, depth - 1));
  if (kind === 1)
    return Object.fromEntries(random.list(4, () => [oddText(random), oddData(random, depth - 1)]));
  return random.pick([null, true, 0, -1, 1e21, "", oddText(random), oddText(random)]);
}
