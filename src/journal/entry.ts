import * as z from "zod";
import { temporaryName } from "../host/temporary.ts";
import { changedByK3s, isNetwork, k3sUnit } from "./permitted.ts";
import type { JournalEntry } from "./types.ts";

/** Schemas of a journal's lines: what each field can hold at all. `permitted.ts` decides which values are allowed in a given state folder. */

/** Returns a schema for a value that can be missing. The parsed object always has the key. */
const optionalButPresent = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

/** Returns a schema for a text of at most `maxLength` characters that matches a pattern. */
const boundedText = (what: string, pattern: RegExp, maxLength: number) =>
  z.string().max(maxLength).regex(pattern, what);

/** A time in ISO 8601, UTC. It becomes a part of a folder's name. */
const timestamp = boundedText("a time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/, 40);

/** An absolute path in its only spelling: without control characters, empty parts, `.` and `..`. */
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

/**
 * A path that teardown may remove. At least two levels deep, so that no journal makes it remove `/`, `/etc` or `/var`.
 */
const removablePath = absolutePath.refine(
  (value) => value.indexOf("/", 1) > 0,
  "a path at least two levels deep",
);

/** A text without control characters: one argument for a program, one line for a reader. */
const singleLine = z
  .string()
  .min(1)
  .max(1024)
  .refine((value) => !hasControlCharacter(value), "one line");

/** A name in Kubernetes' form: an RFC 1123 label. */
const label = boundedText("a name (RFC 1123 label)", /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 63);
const subdomain = boundedText("a name (RFC 1123 subdomain)", /^[a-z0-9][-a-z0-9.]*$/, 253).refine(
  (value) => value.split(".").every((part) => label.safeParse(part).success),
  "a name (RFC 1123 subdomain)",
);
const releaseName = subdomain.refine(
  ({ length }) => length <= 53,
  "a release's name (53 characters at most)",
);

/** The API path of a cluster-scoped object. No part leads upwards, however it is encoded. */
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
  // A journal of an earlier version has no ipsets.
  ipsets: z.array(z.string()).default([]),
  nftTables: z.array(z.string()).default([]),
  paths: z.array(z.string()),
  processes: z.array(z.string()),
  cgroups: z.array(z.string()),
  units: z.array(z.string()).default([]), // a journal of an earlier version has no units
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

/** True if a text contains a control character or a line separator. */
function hasControlCharacter(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /[\u0000-\u001f\u007f\u2028\u2029]/.test(value);
}

/** Returns a part of a URL decoded; `/`, which is refused, if its encoding is invalid. */
function decodePathPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "/";
  }
}
