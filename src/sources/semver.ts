/** A version of Semantic Versioning 2.0; a leading `v` is fine. */
export interface Semver {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** The parts of the pre-release, empty for a release. */
  readonly pre: readonly string[];
  /** What follows `+`, empty when there is none. */
  readonly build: string;
}

const pattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;

/** Undefined when it isn't one. */
export function parseSemver(text: string): Semver | undefined {
  const found = pattern.exec(text);
  if (!found) return undefined;
  const [, major, minor, patch, pre, build] = found;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    pre: pre === undefined ? [] : pre.split("."),
    build: build ?? "",
  };
}

/** Below zero when `a` comes before `b`; the build part doesn't count. */
export function compareSemver(a: Semver, b: Semver): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePre(a.pre, b.pre);
}

/** `vX.Y.Z` or `X.Y.Z...` down to `X.Y.Z`; undefined when it isn't a version. */
export function coreOf(text: string): string | undefined {
  const version = parseSemver(text);
  return version && `${version.major}.${version.minor}.${version.patch}`;
}

function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareIdentifier(a[i] ?? "", b[i] ?? "");
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifier(a: string, b: string): number {
  const numbers = [a, b].map((part) => /^\d+$/.test(part));
  if (numbers[0] && numbers[1]) return Number(a) - Number(b);
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
