import { readDashboard } from "../../dashboards/model.ts";
import type { KubeObject, RenderedApp } from "../../deploy/types.ts";
import { objectsOf } from "../rendered.ts";

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
}

/** What the charts give Grafana as files, and what their init container downloads. */
export function provisionedDashboards(rendered: readonly RenderedApp[]): ProvisionedDashboard[] {
  return objectsOf(rendered)
    .filter(({ kind }) => kind === "ConfigMap")
    .flatMap((object) => Object.entries(textsOf(object)).flatMap((entry) => fromEntry(object, ...entry)));
}

function textsOf(object: KubeObject): Record<string, string> {
  const data = Object.entries((object["data"] as Record<string, unknown> | null | undefined) ?? {});
  return Object.fromEntries(data.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function fromEntry(object: KubeObject, key: string, text: string): ProvisionedDashboard[] {
  const { name, namespace, labels = {} } = object.metadata;
  const where = `ConfigMap ${namespace ? `${namespace}/` : ""}${name}, ${key}`;
  if (key === "download_dashboards.sh") return downloads(where, text);
  // The Grafana chart's own label, and the usual one of its sidecar.
  if (!key.endsWith(".json") || !("dashboard-provider" in labels || "grafana_dashboard" in labels)) return [];
  const entry = { where, file: key, download: undefined };
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
function downloads(where: string, script: string): ProvisionedDashboard[] {
  return script.split("\n").reduce<{ pending: string; found: ProvisionedDashboard[] }>(
    ({ pending, found }, line) => {
      const text = `${pending} ${line}`;
      const file = />\s*"?([^"\s]+\.json)"?\s*$/.exec(line)?.[1];
      if (file === undefined) return { pending: text, found };
      const download = [...text.matchAll(/https?:\/\/[^"'\s]+/g)].at(-1)?.[0] ?? "the address in its values";
      const one = { uid: undefined, title: undefined, problem: undefined };
      return {
        pending: "",
        found: [...found, { ...one, where, file: file.split("/").at(-1) ?? file, download }],
      };
    },
    { pending: "", found: [] },
  ).found;
}
