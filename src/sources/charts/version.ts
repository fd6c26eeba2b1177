import { compareSemver, parseSemver, type Semver } from "../semver.ts";

/**
 * The version in the list that is asked for: the very one (a leading `v` doesn't count), or, when none is named, the
 * newest release that is not a pre-release. Undefined when there is none.
 */
export function chooseVersion(versions: readonly string[], asked: string | undefined): string | undefined {
  if (asked === undefined) return newest(versions)[0];
  const bare = (version: string) => version.replace(/^v/, "");
  return versions.find((one) => one === asked) ?? versions.find((one) => bare(one) === bare(asked));
}

/** For the message about a version that isn't there: the three nearest, and the newest release. */
export function suggestVersions(versions: readonly string[], asked: string): string {
  const wanted = parseSemver(asked);
  const stable = newest(versions);
  if (!wanted) return `the newest are ${stable.slice(0, 3).join(", ")}`;
  const near = versions
    .flatMap((text) => withSemver(text))
    .sort((a, b) => compareDistance(a.semver, b.semver, wanted))
    .slice(0, 3)
    .map(({ text }) => text);
  return `the nearest are ${near.join(", ")}; the newest is ${stable[0] ?? versions[0]}`;
}

function newest(versions: readonly string[]): string[] {
  return versions
    .flatMap(withSemver)
    .filter(({ semver }) => semver.pre.length === 0)
    .sort((a, b) => compareSemver(b.semver, a.semver))
    .map(({ text }) => text);
}

function withSemver(text: string): { text: string; semver: Semver }[] {
  const semver = parseSemver(text);
  return semver ? [{ text, semver }] : [];
}

function compareDistance(a: Semver, b: Semver, wanted: Semver): number {
  const far = (key: "major" | "minor" | "patch", one: Semver) => Math.abs(one[key] - wanted[key]);
  return (
    far("major", a) - far("major", b) ||
    far("minor", a) - far("minor", b) ||
    far("patch", a) - far("patch", b) ||
    compareSemver(b, a)
  );
}
