import { stringify } from "yaml";
import { UserError } from "../lib/errors.ts";
import { formatValue, type Mistake, parseWith } from "../yaml/mistakes.ts";
import { readYaml } from "../yaml/read.ts";
import { Lock, type LockedTool } from "./lock.ts";

const maxShown = 20;

/**
 * Parses a lock file's text.
 * @param shownAs the file's name in messages
 * @throws UserError with every mistake: its line, and the expected value
 */
export function parseLock(text: string, shownAs: string): Lock {
  const conflict = text.split("\n").findIndex((line) => /^(<{7}|>{7}|={7})( |$)/.test(line));
  if (conflict >= 0)
    throw new UserError(`${shownAs}:${conflict + 1}:1: git's marks of a merge conflict are in it`, {
      fix: `take either side (\`git checkout --theirs ${shownAs}\`), then \`monstack lock\` adds what the other one had`,
    });
  const yaml = readYaml(text);
  refuseOtherVersion(yaml.data, shownAs, yaml.valueAt(["lockVersion"]));
  const mistakes: Mistake[] = [];
  const lock = parseWith(Lock, yaml, shownAs, mistakes);
  if (lock !== undefined) return lock;
  const lines = mistakes.map(({ where, path, problem }) => `${where}: ${path && `${path}: `}${problem}`);
  const unlistedCount = lines.length - maxShown;
  const listedLines = [
    ...lines.slice(0, maxShown),
    ...(unlistedCount > 0 ? [`... and ${unlistedCount} more`] : []),
  ];
  throw new UserError(
    listedLines.length === 1
      ? (listedLines[0] ?? "")
      : `${lines.length} mistakes in the lock file:\n${listedLines.map((line) => `  ${line}`).join("\n")}`,
    { fix: "take the file as it was last committed, or delete it and let `monstack lock` write it anew" },
  );
}

/**
 * Throws if a file is not a lock file of this format's version.
 * @param position the position of the version in the file
 */
function refuseOtherVersion(data: unknown, shownAs: string, position: string): void {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    if (data === undefined) return;
    throw new UserError(`${shownAs}:1:1: ${formatValue(data)} is not a lock file`, {
      fix: "delete it and let `monstack lock` write it",
    });
  }
  const { lockVersion, monstack } = data as { lockVersion?: unknown; monstack?: unknown };
  if (lockVersion === 1) return;
  const isNewer = typeof lockVersion === "number" && lockVersion > 1;
  throw new UserError(
    isNewer
      ? `${shownAs}:${position}: lockVersion: it is of version ${lockVersion} of the format, and this monstack reads version 1`
      : `${shownAs}:${position}: lockVersion: invalid format version ${formatValue(lockVersion)}: expected 1`,
    {
      fix: isNewer
        ? `use the monstack that wrote it${typeof monstack === "string" ? ` (${monstack})` : ""} or a newer one`
        : "take the file as it was last committed, or delete it and let `monstack lock` write it anew",
    },
  );
}

const head = `# What a run of monstack installs, to the byte. Written by \`monstack lock\`; commit it, and don't edit it.
# \`monstack lock --check\` fails when the lock does not fit the configuration, \`monstack lock\` adds what is missing
# and keeps the rest, \`monstack lock --update [NAME...]\` moves what is named (or everything) to what is published now.
`;

/** Returns the text of a lock file. Equal locks have equal texts, and a change of one entry changes only its lines. */
export function printLock(lock: Lock): string {
  return head + stringify(sortLock(lock), { lineWidth: 0 });
}

/** Returns the lock with its keys in the order of the format and its lists in alphabetical order. */
function sortLock({ tools, charts, dashboards, images, unlocked, ...about }: Lock): Lock {
  const { lockVersion, monstack, profile } = about;
  return {
    lockVersion,
    monstack,
    profile,
    tools: {
      ...(tools.k3s && { k3s: orderToolKeys(tools.k3s) }),
      ...(tools.helm && { helm: orderToolKeys(tools.helm) }),
      ...(tools.kubectl && { kubectl: orderToolKeys(tools.kubectl) }),
    },
    charts: charts
      .map(({ from, name, asked, version, url, sha256 }) => ({
        from,
        name,
        ...(asked === undefined ? {} : { asked }),
        version,
        url,
        sha256,
      }))
      .sort(compareBy(({ name, from, asked = "" }) => [name, from, asked])),
    dashboards: dashboards
      .map(({ from, asked, revision, url, sha256 }) => ({
        from,
        ...(asked === undefined ? {} : { asked }),
        ...(revision === undefined ? {} : { revision }),
        url,
        sha256,
      }))
      .sort(compareBy(({ from, asked = 0 }) => [from, String(asked)])),
    images: images.map(({ image, digest }) => ({ image, digest })).sort(compareBy(({ image }) => [image])),
    ...(unlocked && unlocked.length > 0
      ? {
          unlocked: unlocked
            .map(({ image, why }) => ({ image, why }))
            .sort(compareBy(({ image }) => [image])),
        }
      : {}),
  };
}

function orderToolKeys({ asked, version, amd64, arm64 }: LockedTool): LockedTool {
  const download = ({ url, sha256 }: LockedTool["amd64"]) => ({ url, sha256 });
  return { asked, version, amd64: download(amd64), arm64: download(arm64) };
}

/**
 * Returns a function that compares by several keys. Unlike `localeCompare`, the result is the same on every machine.
 */
function compareBy<T>(keys: (item: T) => readonly string[]): (a: T, b: T) => number {
  return (a, b) => {
    const [left, right] = [keys(a), keys(b)];
    for (const [index, key] of left.entries()) {
      const rightKey = right[index] ?? "";
      if (key !== rightKey) return key < rightKey ? -1 : 1;
    }
    return 0;
  };
}
