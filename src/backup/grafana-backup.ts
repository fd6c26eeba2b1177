import { isMapping } from "../lib/object.ts";
import { isCredentialName } from "../lib/redact/data.ts";
import { hideUrlCredentials } from "../lib/redact/urls.ts";
import { type Content, jsonContent } from "./archive.ts";
import type { Datasource, Folder, GrafanaApi } from "./grafana-api.ts";
import { paths } from "./manifest.ts";

/** How many of each are in the backup. */
export interface GrafanaCounts {
  folders: number;
  datasources: number;
  dashboards: number;
}

/** Folders, datasources without their secrets, and dashboards, a file each; `counts` is filled in as they come. */
export async function* grafanaFiles(api: GrafanaApi, counts: GrafanaCounts): AsyncGenerator<Content> {
  for (const folder of await allFolders(api)) {
    counts.folders += 1;
    yield jsonContent(paths.grafana("folders", folder.uid), folder);
  }
  for (const uid of await api.datasourceUids()) {
    const found = await api.datasource(uid);
    if (found === undefined) continue;
    const { secureJsonFields, readOnly: _, ...datasource } = found;
    const secrets = Object.entries(secureJsonFields ?? {}).flatMap(([name, set]) => (set ? [name] : []));
    counts.datasources += 1;
    yield jsonContent(paths.grafana("datasources", uid), { ...withoutSecrets(datasource), secrets });
  }
  for (const uid of await api.dashboardUids()) {
    const found = await api.dashboard(uid);
    if (found === undefined) continue;
    counts.dashboards += 1;
    const { folderUid } = found.meta;
    yield jsonContent(paths.grafana("dashboards", uid), { folderUid, dashboard: found.dashboard });
  }
}

/** A folder comes after the one that it is in. */
async function allFolders(api: GrafanaApi): Promise<Folder[]> {
  const found = new Map<string, Folder>();
  const waiting: (string | undefined)[] = [undefined];
  while (waiting.length > 0) {
    const parent = waiting.shift();
    for (const folder of await api.folders(parent)) {
      if (found.has(folder.uid)) continue;
      found.set(folder.uid, folder);
      waiting.push(folder.uid);
    }
  }
  return [...found.values()];
}

/** A login or a token in the URL, and what somebody put among the plain settings though it is a secret. */
function withoutSecrets(datasource: Datasource): Datasource {
  const { url, jsonData } = datasource;
  return { ...datasource, url: withoutLogin(url), jsonData: withoutCredentials(jsonData ?? {}) };
}

function withoutLogin(url: string): string {
  return hideUrlCredentials(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1"), "");
}

function withoutCredentials(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = Object.entries(settings).filter(
    ([name, value]) => typeof value !== "string" || !isCredentialName(name),
  );
  return Object.fromEntries(
    plain.map(([name, value]) => [name, isMapping(value) ? withoutCredentials(value) : value]),
  );
}
