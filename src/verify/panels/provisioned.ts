import { z } from "zod";
import { readDashboard } from "../../dashboards/dashboard.ts";
import type { KubeObject } from "../../kube/manifest.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import {
  findWorkloadsByName,
  listFiles,
  listRenderedObjects,
  type RenderedApp,
} from "../../model/rendered.ts";
import { explainNotCollected, listSidecars, type Sidecar } from "../checks/grafana/sidecars.ts";

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
  /** Why the file is not a dashboard. */
  readonly problem: string | undefined;
  /** The provider that reads its file; `unknown` if a sidecar or the file's place decides that, undefined if there is none. */
  readonly provider: DashboardProvider | "unknown" | undefined;
  /** Why no sidecar collects it, and what would change that. */
  readonly ignored?: { readonly cause: string; readonly fix: string } | undefined;
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
  readonly sidecars: readonly Sidecar[];
  /** Grafana's own pods are rendered, so that it is known which sidecars they have. */
  readonly areKnown: boolean;
}

/** Returns Grafana's dashboard providers and sidecars, from the rendered charts. */
function readProviders(rendered: readonly RenderedApp[]): Providers {
  const files = listFiles(rendered)
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
    sidecars: listSidecars(rendered, "dashboards"),
    areKnown: findWorkloadsByName(rendered, "grafana").length > 0,
  };
}

/** Returns the dashboards that the charts provision as files, and those that their init container downloads. */
export function listProvisionedDashboards(rendered: readonly RenderedApp[]): ProvisionedDashboard[] {
  const providers = readProviders(rendered);
  return listRenderedObjects(rendered)
    .filter(({ kind }) => kind === "ConfigMap")
    .flatMap((object) =>
      Object.entries(readTextEntries(object)).flatMap((entry) =>
        readConfigMapEntry(object, providers, ...entry),
      ),
    );
}

/** Returns the text entries of a ConfigMap. */
function readTextEntries(object: KubeObject): Record<string, string> {
  const data = Object.entries((object["data"] as Record<string, unknown> | null | undefined) ?? {});
  return Object.fromEntries(data.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/**
 * Returns the dashboard of a ConfigMap's entry, or those that its script downloads. Empty if the entry is not a
 * dashboard for Grafana.
 */
function readConfigMapEntry(
  object: KubeObject,
  providers: Providers,
  key: string,
  text: string,
): ProvisionedDashboard[] {
  const { name, namespace, labels = {} } = object.metadata;
  const { sidecars } = providers;
  const where = `ConfigMap ${namespace ? `${namespace}/` : ""}${name}, ${key}`;
  if (key === "download_dashboards.sh") return listDownloads(where, text, providers);
  // The Grafana chart's own label, or one for its sidecar.
  const label = labels["dashboard-provider"];
  const isCertain = label !== undefined || Object.keys(labels).some((name) => isSidecarLabel(name, sidecars));
  const mayBeMeant =
    isCertain || (sidecars.length > 0 && Object.keys(labels).some((name) => similarLabelPattern.test(name)));
  if (!key.endsWith(".json") || !mayBeMeant) return [];
  const provider: ProvisionedDashboard["provider"] =
    label === undefined || providers.areOpen ? "unknown" : providers.all.find(({ name }) => name === label);
  const isForSidecar = label === undefined && providers.areKnown;
  const ignored = isForSidecar ? explainNotCollected(object, sidecars, "dashboards") : undefined;
  const entry = { where, file: key, download: undefined, provider, ...(ignored ? { ignored } : {}) };
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch (error) {
    if (!isCertain) return [];
    const problem = `it is not JSON: ${error instanceof Error ? error.message : String(error)}`;
    return [{ ...entry, uid: undefined, title: undefined, problem }];
  }
  const result = readDashboard(model);
  if (!isCertain && ("problem" in result || result.dashboard.panels.length === 0)) return [];
  if ("problem" in result) return [{ ...entry, uid: undefined, title: undefined, problem: result.problem }];
  const { uid, title } = result.dashboard;
  return [{ ...entry, uid: uid || undefined, title: title || undefined, problem: undefined }];
}

/** Labels that are similar to the sidecar's label, so that the user probably meant it. */
const similarLabelPattern = /^(grafana[-_.]?)?dashboards?$/i;

/** True if the label is the one that a sidecar searches for, or the usual one. */
function isSidecarLabel(label: string, sidecars: readonly Sidecar[]): boolean {
  return label === "grafana_dashboard" || sidecars.some((one) => one.label === label);
}

/**
 * Parses the chart's download script: returns the dashboard of each line `curl ... "URL"
 * sed ... > "/var/lib/grafana/dashboards/default/x.json"`.
 */
function listDownloads(where: string, script: string, providers: Providers): ProvisionedDashboard[] {
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
      const dashboard = { uid: undefined, title: undefined, problem: undefined, provider };
      return {
        pending: "",
        found: [...found, { ...dashboard, where, file: file.split("/").at(-1) ?? file, download }],
      };
    },
    { pending: "", found: [] },
  ).found;
}
