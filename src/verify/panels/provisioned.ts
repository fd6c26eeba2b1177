import { z } from "zod";
import { readDashboard } from "../../dashboards/model.ts";
import type { KubeObject, RenderedApp } from "../../deploy/types.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import { filesOf, objectsOf } from "../rendered.ts";

/** A dashboard that the charts bring along. */
export interface ProvisionedDashboard {
  /** Where it is written, e.g. `ConfigMap monitoring/grafana-dashboards-default, x.json`. */
  readonly where: string;
  /** The file that Grafana reads it from, without its folder. */
  readonly file: string;
  readonly uid: string | undefined;
  readonly title: string | undefined;
  /** Where the chart downloads it from when the pod starts. */
  readonly download: string | undefined;
  /** Why it is none. */
  readonly problem: string | undefined;
  /** The provider that reads its file; `unknown` if a sidecar or the file's place decides that, undefined if there is none. */
  readonly provider: DashboardProvider | "unknown" | undefined;
}

/** A folder of files that Grafana reads dashboards from. */
export interface DashboardProvider {
  readonly name: string;
  /** In Grafana; undefined: the root. */
  readonly folder: string | undefined;
  readonly path: string;
}

const providersSchema = z.looseObject({
  providers: z.array(
    z.looseObject({
      name: z.string(),
      folder: z.string().nullish(),
      options: z.looseObject({ path: z.string(), foldersFromFilesStructure: z.boolean().nullish() }),
    }),
  ),
});

interface Providers {
  readonly all: readonly DashboardProvider[];
  /** One takes the folders of files for Grafana's. */
  readonly areOpen: boolean;
}

function providersOf(rendered: readonly RenderedApp[]): Providers {
  const files = filesOf(rendered)
    .filter(({ key, content }) => /\.ya?ml$/.test(key) && /^[ \t]*providers:/m.test(content))
    .flatMap(({ content }) =>
      parseDocuments(content).flatMap((document) => {
        if ("errors" in document && document.errors.length > 0) return [];
        return providersSchema.safeParse(document.toJS()).data?.providers ?? [];
      }),
    );
  return {
    all: files.map(({ name, folder, options }) => ({
      name,
      folder: folder && folder.toLowerCase() !== "general" ? folder : undefined,
      path: options.path.replace(/(?<!\/)\/+$/, ""),
    })),
    areOpen: files.some(({ options }) => options.foldersFromFilesStructure === true),
  };
}

/** What the charts give Grafana as files, and what their init container downloads. */
export function provisionedDashboards(rendered: readonly RenderedApp[]): ProvisionedDashboard[] {
  const providers = providersOf(rendered);
  return objectsOf(rendered)
    .filter(({ kind }) => kind === "ConfigMap")
    .flatMap((object) =>
      Object.entries(textsOf(object)).flatMap((entry) => fromEntry(object, providers, ...entry)),
    );
}

function textsOf(object: KubeObject): Record<string, string> {
  const data = Object.entries((object["data"] as Record<string, unknown> | null | undefined) ?? {});
  return Object.fromEntries(data.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function fromEntry(
  object: KubeObject,
  providers: Providers,
  key: string,
  text: string,
): ProvisionedDashboard[] {
  const { name, namespace, labels = {} } = object.metadata;
  const where = `ConfigMap ${namespace ? `${namespace}/` : ""}${name}, ${key}`;
  if (key === "download_dashboards.sh") return downloads(where, text, providers);
  // The Grafana chart's own label, and the usual one of its sidecar.
  if (!key.endsWith(".json") || !("dashboard-provider" in labels || "grafana_dashboard" in labels)) return [];
  const label = labels["dashboard-provider"];
  const provider: ProvisionedDashboard["provider"] =
    label === undefined || providers.areOpen ? "unknown" : providers.all.find((one) => one.name === label);
  const entry = { where, file: key, download: undefined, provider };
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch (error) {
    const problem = `it is no JSON: ${error instanceof Error ? error.message : String(error)}`;
    return [{ ...entry, uid: undefined, title: undefined, problem }];
  }
  const read = readDashboard(model);
  if ("problem" in read) return [{ ...entry, uid: undefined, title: undefined, problem: read.problem }];
  const { uid, title } = read.dashboard;
  return [{ ...entry, uid: uid || undefined, title: title || undefined, problem: undefined }];
}

/** `curl ... "URL" | sed ... > "/var/lib/grafana/dashboards/default/x.json"` for each one. */
function downloads(where: string, script: string, providers: Providers): ProvisionedDashboard[] {
  return script.split("\n").reduce<{ pending: string; found: ProvisionedDashboard[] }>(
    ({ pending, found }, line) => {
      const text = `${pending} ${line}`;
      const file = />\s{0,20}"?([^"\s>]{1,1000}\.json)"?\s{0,20}$/.exec(line)?.[1];
      if (file === undefined) return { pending: text, found };
      const download = [...text.matchAll(/https?:\/\/[^"'\s]+/g)].at(-1)?.[0] ?? "the address in its values";
      const folder = file.split("/").slice(0, -1).join("/");
      const provider: ProvisionedDashboard["provider"] = providers.areOpen
        ? "unknown"
        : providers.all.find(({ path }) => path === folder);
      const one = { uid: undefined, title: undefined, problem: undefined, provider };
      return {
        pending: "",
        found: [...found, { ...one, where, file: file.split("/").at(-1) ?? file, download }],
      };
    },
    { pending: "", found: [] },
  ).found;
}
