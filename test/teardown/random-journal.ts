import { checkJournal } from "../../src/journal/check-journal.ts";
import { getChainStart, sealLine } from "../../src/journal/journal-key.ts";
import type { JournalEntry } from "../../src/journal/types.ts";
import { InstallError } from "../../src/lib/errors.ts";

/** A number from 0 up to 1, as Math.random gives it. */
type Random = () => number;

const stateDir = "/home/ann/.local/state/monstack";
const key = { owner: "root", path: "/var/lib/monstack/x.key", bytes: Buffer.alloc(32, 7) } as const;
const at = "2026-11-02T09:12:01.000Z";
const none = { mounts: [], links: [], netns: [], iptables: [], paths: [], processes: [], cgroups: [] };

/** What is put in the place of any value. */
const words: readonly unknown[] = [
  ...[
    "",
    "/",
    "/etc",
    "/etc/passwd",
    "/etc/../etc/x",
    "//etc/x",
    "/a/b/",
    "..",
    ".",
    "-rf",
    "--exec=x",
    "a\nb",
    "a\0b",
  ],
  ...[
    "\u2028",
    "\ud800",
    "é",
    "/var/lib/rancher/k3s",
    "/tmp/k3s",
    "/usr/bin/k3s",
    "/proc/1/root/k3s",
    stateDir,
  ],
  ...[
    `${stateDir}/kubeconfig`,
    `${stateDir}/../x`,
    "0.0.0.0/0",
    "10.0.0.0/8",
    "::/0",
    "1",
    "-1",
    "net.ipv4.ip_forward",
  ],
  ...[
    "monstack-k3s",
    "ssh.service",
    "x".repeat(5_000),
    "/".repeat(5_000),
    "%2e%2e",
    "/api/v1/%2e%2e/x",
    "k3s",
    "forward",
  ],
  ...[
    0,
    1,
    -1,
    2,
    1e308,
    null,
    true,
    false,
    [],
    {},
    [[]],
    { length: 1 },
    ["/etc/passwd"],
    ["/run/k3s"],
    at,
    "now",
  ],
];

const entries: readonly Record<string, unknown>[] = [
  { kind: "begin", at, before: none, version: "0.1.0" },
  { kind: "temporary", at, path: "/tmp/monstack-run-1.2.0a.3.01234567" },
  {
    kind: "k3s",
    at,
    binary: "/opt/k3s",
    dataDir: "/var/lib/rancher/k3s",
    unit: "monstack-k3s",
    paths: ["/run/k3s"],
  },
  { kind: "starting", at, name: "forward", argument: `${stateDir}/forward.json` },
  { kind: "process", at, name: "k3s", pid: 4_711, startTime: "123" },
  { kind: "file", at, path: stateDir, root: false },
  { kind: "file", at, path: "/etc/rancher/k3s/registries.yaml", root: true, previous: "" },
  { kind: "route", at, to: "10.43.0.0/16" },
  { kind: "sysctl", at, key: "net.ipv4.ip_forward", previous: "0" },
  { kind: "cluster", at, clusterKind: "existing", kubeconfig: "/home/ann/.kube/config", context: "x" },
  { kind: "keep-data", at },
  { kind: "namespace", at, name: "monitoring" },
  { kind: "release", at, name: "grafana", namespace: "monitoring", helm: "/opt/helm", clusterObjects: [] },
  { kind: "crds", at, names: ["a.example.com"] },
  { kind: "service", at, namespace: "kube-system", name: "kubelet" },
];

/** The text of a journal: of monstack's own entries with anything in them, sealed or not, cut and stirred or not. */
export function randomJournal(random: Random): string {
  let last = getChainStart("journal", stateDir);
  const lines = Array.from({ length: Math.floor(random() * 6) }, () => {
    const json = JSON.stringify(changed(pick(entries, random), random));
    if (random() < 0.05 || json === "{}") return random() < 0.5 ? json : noise(random);
    const { line, mac } = sealLine(json, last, key.bytes);
    last = mac;
    return line;
  });
  const text = lines.map((line) => `${line}\n`).join("");
  if (random() < 0.8) return text;
  const place = Math.floor(random() * text.length);
  return random() < 0.5 ? text.slice(0, place) : text.slice(0, place) + noise(random) + text.slice(place);
}

/**
 * Gives a journal to the code that judges them.
 * @returns the entries that would be obeyed; undefined when it is refused
 * @throws whatever is not a refusal: a fault
 */
export function judgeJournal(text: string, accepted = ""): readonly JournalEntry[] | undefined {
  try {
    return checkJournal(text, {
      path: `${stateDir}/journal.jsonl`,
      stateDir,
      keys: [key],
      known: {},
      accepted: { sha256: accepted, owner: "root" },
    }).entries;
  } catch (error) {
    if (error instanceof InstallError) return undefined;
    throw error;
  }
}

/** Why an entry that would be obeyed must not be; written without the code under test. */
export function harmOf(entry: JournalEntry): string | undefined {
  const paths = "path" in entry ? [entry.path] : entry.kind === "k3s" ? [entry.dataDir, ...entry.paths] : [];
  const allowed =
    /^\/home\/ann\/\.local\/state\/monstack(\/(kubeconfig|forward[-.\w]*))?$|^\/etc\/rancher|^\/run\/(k3s|flannel|netns)|^\/var\/(lib\/(rancher|kubelet|cni)|log\/(pods|containers))|k3s|^\/tmp\/monstack-run-/;
  const hidden = /\/\.\.?(\/|$)|\/\/|[^ -\uffff]/;
  const outside = paths.find((path) => !allowed.test(path) || hidden.test(path));
  if (outside !== undefined) return `path ${outside}`;
  // A kubeconfig and helm are judged where they are used.
  return entry.kind === "k3s" && /^\/(usr|proc|etc|bin)/.test(entry.dataDir) ? entry.dataDir : undefined;
}

function changed(entry: Record<string, unknown>, random: Random): Record<string, unknown> {
  const keys = Object.keys(entry);
  if (random() < 0.4) return entry;
  if (random() < 0.1) return { ...entry, [String(pick(words, random))]: pick(words, random) };
  if (random() < 0.1) return Object.fromEntries(Object.entries(entry).filter(() => random() < 0.7));
  return { ...entry, [pick(keys, random)]: pick(words, random) };
}

function noise(random: Random): string {
  const length = Math.floor(random() * 40);
  return Array.from({ length }, () => String.fromCharCode(Math.floor(random() * 256))).join("");
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)] as T;
}
