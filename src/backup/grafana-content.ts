import { describeError } from "../lib/errors.ts";
import { isMapping } from "../lib/object.ts";
import { isCredentialName } from "../lib/redact/data.ts";
import { hideUrlCredentials } from "../lib/redact/urls.ts";
import { type Content, createJsonContent } from "./archive.ts";
import type { Datasource, Folder, GrafanaApi, StoredDashboard, StoredDatasource } from "./grafana-api.ts";
import { paths } from "./manifest.ts";
import { createEmptyResult, type Restored } from "./target.ts";

/** How many of each are in the backup. */
export interface GrafanaCounts {
  folders: number;
  datasources: number;
  dashboards: number;
}

/** Folders, datasources without their secrets, and dashboards, a file each; `counts` is filled in as they come. */
export async function* readGrafanaFiles(api: GrafanaApi, counts: GrafanaCounts): AsyncGenerator<Content> {
  for (const folder of await listAllFolders(api)) {
    counts.folders += 1;
    yield createJsonContent(paths.grafana("folders", folder.uid), folder);
  }
  for (const uid of await api.datasourceUids()) {
    const found = await api.datasource(uid);
    if (found === undefined) continue;
    const { secureJsonFields, readOnly: _, ...datasource } = found;
    const secrets = Object.entries(secureJsonFields ?? {}).flatMap(([name, set]) => (set ? [name] : []));
    counts.datasources += 1;
    yield createJsonContent(paths.grafana("datasources", uid), { ...withoutSecrets(datasource), secrets });
  }
  for (const uid of await api.dashboardUids()) {
    const found = await api.dashboard(uid);
    if (found === undefined) continue;
    counts.dashboards += 1;
    const { folderUid } = found.meta;
    yield createJsonContent(paths.grafana("dashboards", uid), { folderUid, dashboard: found.dashboard });
  }
}

/** A folder comes after the one that it is in. */
async function listAllFolders(api: GrafanaApi): Promise<Folder[]> {
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

export interface GrafanaContents {
  readonly folders: readonly Folder[];
  readonly datasources: readonly StoredDatasource[];
  readonly dashboards: readonly StoredDashboard[];
}

export interface GrafanaRestored {
  readonly folders: Restored;
  readonly datasources: Restored;
  readonly dashboards: Restored;
  /** Datasources that lack the secrets which they had. */
  readonly withoutSecrets: string[];
}

/**
 * Puts folders, datasources and dashboards into a Grafana. A folder or datasource that is there stays as it is: the stack's
 * own one is right for this stack. A dashboard that is there is replaced, unless it comes from a file. One that is refused
 * is noted, and the next one comes.
 */
export async function restoreGrafana(api: GrafanaApi, contents: GrafanaContents): Promise<GrafanaRestored> {
  const folders = createEmptyResult();
  const there = new Set((await api.folders()).map(({ uid }) => uid));
  for (const folder of contents.folders) {
    if (folder.parentUid !== undefined)
      for (const { uid } of await api.folders(folder.parentUid)) there.add(uid);
    if (there.has(folder.uid)) folders.skipped.push(`${folder.title}: it is there already`);
    else await attempt(folders, folder.title, "created", () => api.createFolder(folder));
  }
  const datasources = createEmptyResult();
  const withoutSecrets: string[] = [];
  for (const { secrets, ...datasource } of contents.datasources) {
    const { name, uid } = datasource;
    if ((await api.datasource(uid)) !== undefined) {
      datasources.skipped.push(`${name}: one with its uid is there already`);
      continue;
    }
    const done = await attempt(datasources, name, "created", () => api.createDatasource(datasource));
    if (done && secrets.length > 0) withoutSecrets.push(`${name} (${secrets.join(", ")})`);
  }
  const dashboards = createEmptyResult();
  for (const stored of contents.dashboards) {
    const { uid, title } = stored.dashboard;
    const old = await api.dashboard(uid);
    if (old?.meta.provisioned) dashboards.skipped.push(`${title}: the stack has it from a file`);
    else
      await attempt(dashboards, title, old === undefined ? "created" : "replaced", () =>
        api.saveDashboard(stored),
      );
  }
  return { folders, datasources, dashboards, withoutSecrets };
}

async function attempt(
  restored: Restored,
  what: string,
  as: "created" | "replaced",
  save: () => Promise<string | undefined>,
): Promise<boolean> {
  const refusal = await save().catch(describeError);
  if (refusal === undefined) restored[as].push(what);
  else restored.failed.push(`${what}: ${refusal}`);
  return refusal === undefined;
}
