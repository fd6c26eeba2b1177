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

/** A dashboard that the charts contain or download. */
export interface ProvisionedDashboard {
  /** Its place, e.g. `ConfigMap monitoring/grafana-dashboards-default, x.json`. */
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

/** How Grafana gets its dashboards: its providers and its sidecars. */
interface ProvisioningSetup {
  readonly providers: readonly DashboardProvider[];
  /** True if a provider creates a folder in Grafana for each folder of files, so that the folder is not known here. */
  readonly hasFoldersFromFiles: boolean;
  readonly sidecars: readonly Sidecar[];
  /** True if the charts render Grafana's pods, so that all their sidecars are known. */
  readonly areSidecarsKnown: boolean;
}

/** Returns Grafana's dashboard providers and sidecars, from the rendered charts. */
function readProviders(rendered: readonly RenderedApp[]): ProvisioningSetup {
  const files = listFiles(rendered)
    .filter(({ key, content }) => /\.ya?ml$/.test(key) && /^[ \t]*providers:/m.test(content))
    .flatMap(({ content }) =>
      parseDocuments(content).flatMap((document) => {
        if ("errors" in document && document.errors.length > 0) return [];
        return providersSchema.safeParse(document.toJS()).data?.providers ?? [];
      }),
    );
  return {
    providers: files.map(({ name, folder, options }) => ({
      name,
      folder: folder && folder.toLowerCase() !== "general" ? folder : undefined,
      path: options.path.replace(/(?<!\/)\/+$/, ""),
    })),
    hasFoldersFromFiles: files.some(({ options }) => options.foldersFromFilesStructure === true),
    sidecars: listSidecars(rendered, "dashboards"),
    areSidecarsKnown: findWorkloadsByName(rendered, "grafana").length > 0,
  };
}

/** Returns the dashboards that the charts provision as files, and those that their init container downloads. */
export function listProvisionedDashboards(rendered: readonly RenderedApp[]): ProvisionedDashboard[] {
  const setup = readProviders(rendered);
  return listRenderedObjects(rendered)
    .filter(({ kind }) => kind === "ConfigMap")
    .flatMap((object) =>
      Object.entries(readTextEntries(object)).flatMap((entry) => readConfigMapEntry(object, setup, ...entry)),
    );
}

/** Returns the text entries of a ConfigMap. */
function readTextEntries(object: KubeObject): Record<string, string> {
  const data = Object.entries((object["data"] as Record<string, unknown> | null | undefined) ?? {});
  return Object.fromEntries(data.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/**
 * Returns the dashboard of a ConfigMap's entry, or those that its script downloads. Empty if the entry is not a
 * dashboard for Grafana: without one of its labels, only a file with panels counts.
 */
function readConfigMapEntry(
  object: KubeObject,
  setup: ProvisioningSetup,
  key: string,
  text: string,
): ProvisionedDashboard[] {
  const { name, namespace, labels = {} } = object.metadata;
  const { sidecars } = setup;
  const where = `ConfigMap ${namespace ? `${namespace}/` : ""}${name}, ${key}`;
  if (key === "download_dashboards.sh") return listDownloads(where, text, setup);
  // The Grafana chart's own label, or one for its sidecar.
  const label = labels["dashboard-provider"];
  const isCertain = label !== undefined || Object.keys(labels).some((name) => isSidecarLabel(name, sidecars));
  const isProbable =
    isCertain || (sidecars.length > 0 && Object.keys(labels).some((name) => similarLabelPattern.test(name)));
  if (!key.endsWith(".json") || !isProbable) return [];
  const provider: ProvisionedDashboard["provider"] =
    label === undefined || setup.hasFoldersFromFiles
      ? "unknown"
      : setup.providers.find(({ name }) => name === label);
  const isForSidecar = label === undefined && setup.areSidecarsKnown;
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

/** Matches labels that are similar to the sidecar's usual label `grafana_dashboard`, which the user probably meant. */
const similarLabelPattern = /^(grafana[-_.]?)?dashboards?$/i;

/** True if the label is the one that a sidecar searches for, or the usual one. */
function isSidecarLabel(label: string, sidecars: readonly Sidecar[]): boolean {
  return label === "grafana_dashboard" || sidecars.some((sidecar) => sidecar.label === label);
}

/**
 * Parses the chart's download script: returns the dashboard of each line `curl ... "URL"
 * sed ... > "/var/lib/grafana/dashboards/default/x.json"`.
 */
function listDownloads(where: string, script: string, setup: ProvisioningSetup): ProvisionedDashboard[] {
  return script.split("\n").reduce<{ precedingText: string; dashboards: ProvisionedDashboard[] }>(
    ({ precedingText, dashboards }, line) => {
      const text = `${precedingText} ${line}`;
      const file = />\s{0,20}"?([^"\s>]{1,1000}\.json)"?\s{0,20}$/.exec(line)?.[1];
      if (file === undefined) return { precedingText: text, dashboards };
      const download = [...text.matchAll(/https?:\/\/[^"'\s]+/g)].at(-1)?.[0] ?? "the address in its values";
      const folder = file.split("/").slice(0, -1).join("/");
      const provider: ProvisionedDashboard["provider"] = setup.hasFoldersFromFiles
        ? "unknown"
        : setup.providers.find(({ path }) => path === folder);
      const dashboard = { uid: undefined, title: undefined, problem: undefined, provider };
      return {
        precedingText: "",
        dashboards: [...dashboards, { ...dashboard, where, file: file.split("/").at(-1) ?? file, download }],
      };
    },
    { precedingText: "", dashboards: [] },
  ).dashboards;
}
