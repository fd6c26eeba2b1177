import type { Lock } from "./lock.ts";

/** A locked item, as the list of changes shows it. */
interface Entry {
  /** `k3s`, `chart prometheus`, `image docker.io/grafana/grafana:13.2.0`. */
  readonly what: string;
  /** Its version, revision or digest. */
  readonly value: string;
  /** The digests of its bytes. */
  readonly bytes: string;
}

/** Returns the changes from one lock to another, one line each: `+` is new, `-` is gone, `~` is changed. */
export function describeChanges(old: Lock | undefined, lock: Lock): string[] {
  const oldEntries = groupByName(old === undefined ? [] : listEntries(old));
  const newEntries = groupByName(listEntries(lock));
  const names = [...new Set([...oldEntries.keys(), ...newEntries.keys()])];
  return names.flatMap((name) => {
    const [oldEntry, newEntry] = [oldEntries.get(name), newEntries.get(name)];
    if (oldEntry === undefined) return newEntry === undefined ? [] : [`+ ${newEntry.what} ${newEntry.value}`];
    if (newEntry === undefined) return [`- ${oldEntry.what} ${oldEntry.value}`];
    if (oldEntry.value !== newEntry.value)
      return [`~ ${newEntry.what} ${oldEntry.value} -> ${newEntry.value}`];
    return oldEntry.bytes === newEntry.bytes
      ? []
      : [`~ ${newEntry.what} ${newEntry.value}: other bytes under the same name`];
  });
}

/** Returns all locked items. */
function listEntries({ profile, tools, charts, dashboards, images, unlocked = [] }: Lock): Entry[] {
  return [
    { what: "profile", value: profile, bytes: profile },
    ...(["k3s", "helm", "kubectl"] as const).flatMap((what) => {
      const tool = tools[what];
      return tool ? [{ what, value: tool.version, bytes: tool.amd64.sha256 + tool.arm64.sha256 }] : [];
    }),
    ...charts.map(({ name, from, version, sha256 }) => ({
      what: `chart ${name || from}`,
      value: version,
      bytes: sha256,
    })),
    ...dashboards.map(({ from, revision, sha256 }) => ({
      what: `dashboard ${from}`,
      value: revision === undefined ? shortenDigest(sha256) : `revision ${revision}`,
      bytes: sha256,
    })),
    ...images.map(({ image, digest }) => ({
      what: `image ${image}`,
      value: shortenDigest(digest),
      bytes: digest,
    })),
    ...unlocked.map(({ image }) => ({ what: `image ${image}`, value: "without a digest", bytes: "" })),
  ];
}

/** Returns the entries by their names, each with a number: several versions of a chart have the same name. */
function groupByName(entries: readonly Entry[]): Map<string, Entry> {
  const counts = new Map<string, number>();
  return new Map(
    entries.map((entry) => {
      const count = counts.get(entry.what) ?? 0;
      counts.set(entry.what, count + 1);
      return [`${entry.what} ${count}`, entry];
    }),
  );
}

/** Returns a digest's first twelve digits, which are enough to distinguish digests. */
function shortenDigest(digest: string): string {
  const [, algorithm = "sha256:", hex = ""] = /^(sha256:)?([0-9a-f]+)$/.exec(digest) ?? [];
  return `${algorithm}${hex.slice(0, 12)}`;
}
