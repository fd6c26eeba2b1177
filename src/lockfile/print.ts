import { stringify } from "yaml";
import type { Lock, LockedTool } from "./lock.ts";

const head = `# What a run of monstack installs, to the byte. Written by \`monstack lock\`; commit it, and don't edit it.
# \`monstack lock --check\` fails when the configuration asks for something else, \`monstack lock\` adds what it asks
# for and keeps the rest, \`monstack lock --update [NAME...]\` moves what is named (or everything) to what is published now.
`;

/** A lock file's text. The same lock is the same text, and what is added or moved is all that a diff shows. */
export function printLock(lock: Lock): string {
  return head + stringify(inOrder(lock), { lineWidth: 0 });
}

/** Keys in the format's order, lists in the alphabet's. */
function inOrder({ tools, charts, dashboards, images, unlocked, ...about }: Lock): Lock {
  const { lockVersion, monstack, profile } = about;
  return {
    lockVersion,
    monstack,
    profile,
    tools: {
      ...(tools.k3s && { k3s: tool(tools.k3s) }),
      ...(tools.helm && { helm: tool(tools.helm) }),
      ...(tools.kubectl && { kubectl: tool(tools.kubectl) }),
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
      .sort(by(({ name, from, asked = "" }) => [name, from, asked])),
    dashboards: dashboards
      .map(({ from, asked, revision, url, sha256 }) => ({
        from,
        ...(asked === undefined ? {} : { asked }),
        ...(revision === undefined ? {} : { revision }),
        url,
        sha256,
      }))
      .sort(by(({ from, asked = 0 }) => [from, String(asked)])),
    images: images.map(({ image, digest }) => ({ image, digest })).sort(by(({ image }) => [image])),
    ...(unlocked && unlocked.length > 0
      ? { unlocked: unlocked.map(({ image, why }) => ({ image, why })).sort(by(({ image }) => [image])) }
      : {}),
  };
}

function tool({ asked, version, amd64, arm64 }: LockedTool): LockedTool {
  const download = ({ url, sha256 }: LockedTool["amd64"]) => ({ url, sha256 });
  return { asked, version, amd64: download(amd64), arm64: download(arm64) };
}

/** The same on every machine, whatever its language. */
function by<T>(keys: (item: T) => readonly string[]): (a: T, b: T) => number {
  return (a, b) => {
    const [left, right] = [keys(a), keys(b)];
    for (const [index, key] of left.entries()) {
      const other = right[index] ?? "";
      if (key !== other) return key < other ? -1 : 1;
    }
    return 0;
  };
}
