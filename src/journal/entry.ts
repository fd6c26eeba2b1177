import * as z from "zod";
import { temporaryName } from "../host/temporary.ts";
import { changedByK3s, isNetwork, k3sUnit } from "./permitted.ts";
import type { JournalEntry } from "./types.ts";

/** The grammar of a journal's lines: what each field can be at all. `permitted.ts` judges what it may be in this place. */

const optionalButPresent = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

const boundedText = (what: string, pattern: RegExp, most: number) =>
  z.string().max(most).regex(pattern, what);

/** ISO 8601 in UTC: it becomes a part of a folder's name. */
const timestamp = boundedText("a time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/, 40);

/** Absolute, and in one spelling only. */
const absolutePath = z
  .string()
  .max(4096)
  .refine(
    (value) =>
      value.startsWith("/") &&
      !hasControlCharacter(value) &&
      value
        .slice(1)
        .split("/")
        .every((part) => part !== "" && part !== "." && part !== ".."),
    "an absolute path without `.` and `..`",
  );

/** What can be removed: a journal can't make teardown remove `/`, `/etc` or `/var`. */
const removablePath = absolutePath.refine(
  (value) => value.indexOf("/", 1) > 0,
  "a path at least two levels deep",
);

/** One word to the programs that are given it, and one line to a reader. */
const singleLine = z
  .string()
  .min(1)
  .max(1024)
  .refine((value) => !hasControlCharacter(value), "one line");

/** As Kubernetes has them: RFC 1123 labels and subdomains. */
const label = boundedText("a name (RFC 1123 label)", /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 63);
const subdomain = boundedText("a name (RFC 1123 subdomain)", /^[a-z0-9][-a-z0-9.]*$/, 253).refine(
  (value) => value.split(".").every((part) => label.safeParse(part).success),
  "a name (RFC 1123 subdomain)",
);
const releaseName = subdomain.refine(
  ({ length }) => length <= 53,
  "a release's name (53 characters at most)",
);

/** Of one object outside namespaces. No segment leads upwards, however it is written. */
const apiPath = boundedText("the path of an object", /^\/apis?(?:\/[\w.:%-]+){3,4}$/, 1024).refine((value) =>
  value.split("/").every((part) => !/^\.{1,2}$|[/\\]/.test(decodePathPart(part))),
);

const numberText = boundedText("a number", /^-?\d{1,20}$/, 21);
const startTime = boundedText("a number", /^\d{1,20}$/, 20);

const HostSnapshotSchema = z.strictObject({
  mounts: z.array(z.string()),
  links: z.array(z.string()),
  netns: z.array(z.string()),
  iptables: z.array(z.string()),
  // A journal of a version that did not know them has none.
  ipsets: z.array(z.string()).default([]),
  nftTables: z.array(z.string()).default([]),
  paths: z.array(z.string()),
  processes: z.array(z.string()),
  cgroups: z.array(z.string()),
  units: z.array(z.string()).default([]), // a journal of an earlier version has none
});

const sysctlKeys = changedByK3s.map(([key]) => key);

export const JournalEntrySchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("begin"),
    at: timestamp,
    before: HostSnapshotSchema,
    version: boundedText("a version", /^[\w.+-]+$/, 64),
  }),
  z.strictObject({
    kind: z.literal("temporary"),
    at: timestamp,
    path: removablePath.refine((value) => temporaryName.test(value.slice(value.lastIndexOf("/") + 1)), {
      error: "a temporary folder of monstack's",
    }),
  }),
  z.strictObject({
    kind: z.literal("k3s"),
    at: timestamp,
    binary: absolutePath,
    dataDir: removablePath,
    unit: optionalButPresent(z.literal(k3sUnit)),
    paths: z.array(removablePath),
    networks: z.array(z.string().refine(isNetwork, "a network")).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("starting"),
    at: timestamp,
    name: z.literal("forward"),
    argument: removablePath,
  }),
  z.strictObject({
    kind: z.literal("process"),
    at: timestamp,
    name: z.enum(["forward", "k3s"]),
    pid: z
      .int()
      .min(2)
      .max(2 ** 22),
    startTime,
  }),
  z.strictObject({
    kind: z.literal("file"),
    at: timestamp,
    path: removablePath,
    root: z.boolean(),
    previous: z
      .string()
      .max(2 ** 20)
      .exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("route"),
    at: timestamp,
    to: z.string().refine((value) => isNetwork(value) && !value.includes(":"), "a network of IPv4"),
  }),
  z.strictObject({ kind: z.literal("sysctl"), at: timestamp, key: z.enum(sysctlKeys), previous: numberText }),
  z.strictObject({
    kind: z.literal("cluster"),
    at: timestamp,
    clusterKind: z.enum(["k3s", "existing"]),
    kubeconfig: absolutePath,
    context: optionalButPresent(singleLine),
  }),
  z.strictObject({ kind: z.literal("keep-data"), at: timestamp }),
  z.strictObject({ kind: z.literal("namespace"), at: timestamp, name: label }),
  z.strictObject({
    kind: z.literal("release"),
    at: timestamp,
    name: releaseName,
    namespace: label,
    helm: absolutePath,
    clusterObjects: z
      .array(z.strictObject({ kind: boundedText("a kind", /^[A-Z][A-Za-z0-9]*$/, 63), path: apiPath }))
      .exactOptional(),
  }),
  z.strictObject({ kind: z.literal("crds"), at: timestamp, names: z.array(subdomain) }),
  z.strictObject({ kind: z.literal("service"), at: timestamp, namespace: label, name: label }),
]) satisfies z.ZodType<JournalEntry>;

function hasControlCharacter(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /[\u0000-\u001f\u007f\u2028\u2029]/.test(value);
}

function decodePathPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "/";
  }
}
