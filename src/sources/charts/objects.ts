import { join } from "node:path";
import { stringify } from "yaml";
import type { Context } from "../../host/host.ts";
import { describeError, UserError } from "../../lib/errors.ts";
import type { ChartFile, Tool } from "../../lockfile/tools.ts";
import type { ChartRef } from "../../model/plan.ts";
import { type PlacedObject, parseObjects } from "../../monitors/monitors.ts";
import { readDocuments } from "../../yaml/documents.ts";
import { showPath } from "../../yaml/mistakes.ts";
import type { Supply } from "../web/web.ts";
import { findRemoteReferences } from "./kustomize-remotes.ts";

type WithoutChart = Extract<ChartRef, { kind: "objects" | "manifests" | "kustomize" }>;

interface ObjectsChartOptions {
  /** Absolute; what is there is replaced. */
  readonly folder: string;
  /** Builds a kustomization; needed for that only. */
  readonly kubectl: Promise<Tool> | undefined;
  /** Where it has a lock, nothing is fetched for a kustomization. */
  readonly supply: Supply;
}

/**
 * Objects without a chart as a chart of one template, which prints them as they are: nothing in them is taken for a
 * template. Custom resource definitions go where helm installs them first.
 * @throws UserError for a file that isn't there or holds something else than objects, or a kustomization that can't be built
 */
export async function createObjectsChart(
  context: Context,
  ref: WithoutChart,
  { folder, kubectl, supply }: ObjectsChartOptions,
): Promise<ChartFile> {
  const { files } = context.host;
  const name = ref.kind === "objects" ? ref.name : ref.kind;
  const documents = await readObjectDocuments(context, ref, kubectl, supply);
  const origin =
    ref.kind === "objects" ? "monstack" : ref.kind === "kustomize" ? ref.path : ref.paths.join(", ");
  await files.remove(folder);
  const chart = { apiVersion: "v2", name, version: "0.0.0", description: `Objects of ${origin}` };
  await files.write(join(folder, "Chart.yaml"), stringify(chart));
  await files.write(join(folder, "templates", "objects.yaml"), template);
  for (const [index, document] of documents.entries()) {
    const file = `${String(index).padStart(4, "0")}.yaml`;
    const place = document.kind === "CustomResourceDefinition" ? "crds" : "objects";
    await files.write(join(folder, place, file), document.text, 0o600);
  }
  return { path: folder, name, version: "0.0.0", appVersion: "", sha256: undefined, origin };
}

const template = `{{- range $path, $_ := .Files.Glob "objects/*.yaml" }}
---
{{ $.Files.Get $path }}
{{- end }}
`;

interface Document {
  readonly kind: string;
  readonly text: string;
}

/** The objects as their files have them. @throws UserError for a file that isn't there or holds something else than objects */
export async function readManifests(
  context: Context,
  { paths }: Pick<Extract<WithoutChart, { kind: "manifests" }>, "paths">,
  cwd: string,
): Promise<PlacedObject[]> {
  const texts = await Promise.all(paths.map((path) => read(context, path)));
  return texts.flatMap((text, index) => {
    const shown = showPath(cwd, paths[index] ?? "");
    return parseObjects(text, shown).map((one) => {
      if (typeof one.object["kind"] === "string") return one;
      throw new UserError(`${one.start}: this document is not a Kubernetes object: it has no kind`);
    });
  });
}

async function readObjectDocuments(
  context: Context,
  ref: WithoutChart,
  kubectl: Promise<Tool> | undefined,
  supply: Supply,
): Promise<Document[]> {
  if (ref.kind === "objects")
    // JSON is YAML in which every text stays a text.
    return ref.objects.map((object) => ({ kind: object.kind, text: JSON.stringify(object, null, 2) }));
  if (ref.kind === "kustomize") {
    await refuseRemote(context, ref.path, supply);
    return split(await build(context, ref.path, await kubectl, supply), ref.path, ref);
  }
  const each = await Promise.all(ref.paths.map(async (path) => split(await read(context, path), path, ref)));
  return each.flat();
}

async function read({ host }: Context, path: string): Promise<string> {
  const text = await host.files.read(path).catch((cause: unknown) => {
    throw new UserError(`the manifest ${path} can't be read: ${describeError(cause)}`, { cause });
  });
  if (text === undefined) throw new UserError(`manifest not found: ${path}`);
  return text;
}

/** @throws UserError that names what a kustomization would fetch although a lock or a bundle has everything */
async function refuseRemote({ host, log }: Context, path: string, supply: Supply): Promise<void> {
  const isClosed = isClosedBy(supply);
  const found = await findRemoteReferences(host.files, path).catch((error: unknown) => {
    if (isClosed) throw error;
    // kubectl says what is wrong with it.
    return [];
  });
  if (found.length === 0) return;
  const lines = found.map(({ where, key, text }) => `  ${where}: ${key}: ${text}`).join("\n");
  if (!isClosed)
    return log.warn(
      `the kustomization ${path} fetches what no checksum verifies and no lock can name:\n${lines}`,
    );
  throw new UserError(
    `the kustomization ${path} fetches from the network, and ${supply.offline ?? supply.lockedBy} allows only what the lock names:\n${lines}`,
    { fix: "copy these files into the repository and name the copies" },
  );
}

function isClosedBy({ lock, offline }: Supply): boolean {
  return lock !== undefined || offline !== undefined;
}

const deadProxy = "http://127.0.0.1:1";

/** Leaves kustomize neither git's transports nor a way out, should it read a file otherwise than it was read here. */
const withoutNetwork = {
  GIT_ALLOW_PROTOCOL: "none",
  ...Object.fromEntries(
    ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"].map((name) => [name, deadProxy]),
  ),
  ...{ NO_PROXY: "", no_proxy: "" },
};

async function build(
  { host }: Context,
  path: string,
  kubectl: Tool | undefined,
  supply: Supply,
): Promise<string> {
  if (kubectl === undefined) throw new Error("a kustomization needs kubectl to be built");
  const { exitCode, stdout, stderr } = await host.exec([kubectl.path, "kustomize", path], {
    allowFailure: true,
    timeoutMs: 60_000,
    ...(isClosedBy(supply) && { env: withoutNetwork }),
  });
  if (exitCode === 0) return stdout;
  throw new UserError(`the kustomization ${path} can't be built: ${stderr.trim().replace(/^error: /, "")}`);
}

type Marks = Pick<Extract<ChartRef, { kind: "manifests" }>, "labels" | "annotations">;

interface PlainObject {
  readonly [key: string]: unknown;
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** With the app's labels and annotations; what the object says itself stays. */
function addMarks(object: PlainObject, { labels = {}, annotations = {} }: Marks): PlainObject {
  const merged = (name: "labels" | "annotations", more: Readonly<Record<string, string>>) =>
    Object.keys(more).length === 0 ? {} : { [name]: { ...more, ...object.metadata?.[name] } };
  return {
    ...object,
    metadata: { ...object.metadata, ...merged("labels", labels), ...merged("annotations", annotations) },
  };
}

/** One text for each object. */
function split(text: string, path: string, marks: Marks): Document[] {
  return objectsIn(text, path).map(({ kind, object }) => ({
    kind,
    text: JSON.stringify(addMarks(object, marks), null, 2),
  }));
}

/** Documents without content are left out. */
function objectsIn(text: string, path: string): { kind: string; object: PlainObject }[] {
  return readDocuments(text).flatMap(({ data: value, error }) => {
    if (error)
      throw new UserError(`${path}:${error.position.line}:${error.position.column}: ${error.problem}`);
    const kind = (value as { kind?: unknown }).kind;
    if (typeof kind !== "string")
      throw new UserError(
        `${path}: ${JSON.stringify(value).slice(0, 80)} is not a Kubernetes object: it has no kind`,
      );
    return [{ kind, object: value as PlainObject }];
  });
}
