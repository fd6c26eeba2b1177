import { describeError } from "../lib/errors.ts";
import { isMapping } from "../lib/object.ts";
import { isCredentialName } from "../lib/redact/data.ts";
import { hideUrlCredentials } from "../lib/redact/urls.ts";
import { type Content, createJsonContent } from "./archive.ts";
import type { Datasource, Folder, GrafanaApi, StoredDashboard, StoredDatasource } from "./grafana-api.ts";
import { paths } from "./manifest.ts";
import { createEmptyResult, type Restored } from "./target.ts";

/** How many objects of each kind are in the backup. */
export interface GrafanaCounts {
  folders: number;
  datasources: number;
  dashboards: number;
}

/**
 * Yields a file for each folder, each datasource without its secrets, and each dashboard. Increases `counts` with each
 * file.
 */
export async function* readGrafanaFiles(api: GrafanaApi, counts: GrafanaCounts): AsyncGenerator<Content> {
  for (const folder of await listAllFolders(api)) {
    counts.folders += 1;
    yield createJsonContent(paths.grafana("folders", folder.uid), folder);
  }
  for (const uid of await api.datasourceUids()) {
    const listedDatasource = await api.datasource(uid);
    if (listedDatasource === undefined) continue;
    const { secureJsonFields, readOnly: _, ...datasource } = listedDatasource;
    const secrets = Object.entries(secureJsonFields ?? {}).flatMap(([name, set]) => (set ? [name] : []));
    counts.datasources += 1;
    yield createJsonContent(paths.grafana("datasources", uid), { ...stripSecrets(datasource), secrets });
  }
  for (const uid of await api.dashboardUids()) {
    const listedDashboard = await api.dashboard(uid);
    if (listedDashboard === undefined) continue;
    counts.dashboards += 1;
    const { folderUid } = listedDashboard.meta;
    yield createJsonContent(paths.grafana("dashboards", uid), {
      folderUid,
      dashboard: listedDashboard.dashboard,
    });
  }
}

/** Returns all folders. Each folder comes after its parent. */
async function listAllFolders(api: GrafanaApi): Promise<Folder[]> {
  const foldersByUid = new Map<string, Folder>();
  const pendingParents: (string | undefined)[] = [undefined];
  while (pendingParents.length > 0) {
    const parent = pendingParents.shift();
    for (const folder of await api.folders(parent)) {
      if (foldersByUid.has(folder.uid)) continue;
      foldersByUid.set(folder.uid, folder);
      pendingParents.push(folder.uid);
    }
  }
  return [...foldersByUid.values()];
}

/** Returns a datasource without the login and tokens in its URL, and without secrets in its plain settings. */
function stripSecrets(datasource: Datasource): Datasource {
  const { url, jsonData } = datasource;
  return { ...datasource, url: withoutLogin(url), jsonData: withoutCredentials(jsonData ?? {}) };
}

/** Returns a URL without user, password and tokens. */
function withoutLogin(url: string): string {
  return hideUrlCredentials(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1"), "");
}

/** Returns settings without the texts whose names are those of credentials, at any depth. */
function withoutCredentials(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plainSettings = Object.entries(settings).filter(
    ([name, value]) => typeof value !== "string" || !isCredentialName(name),
  );
  return Object.fromEntries(
    plainSettings.map(([name, value]) => [name, isMapping(value) ? withoutCredentials(value) : value]),
  );
}

/** The objects in a backup that are restored into Grafana. */
export interface GrafanaContents {
  readonly folders: readonly Folder[];
  readonly datasources: readonly StoredDatasource[];
  readonly dashboards: readonly StoredDashboard[];
}

/** The outcome of restoring Grafana's objects. */
export interface GrafanaRestored {
  readonly folders: Restored;
  readonly datasources: Restored;
  readonly dashboards: Restored;
  /** Restored datasources whose secrets are missing. */
  readonly withoutSecrets: string[];
}

/**
 * Restores folders, datasources and dashboards into a Grafana. An existing folder or datasource is kept, since the
 * stack's own one fits this stack. An existing dashboard is replaced, unless it comes from a file. A refused object is
 * recorded, and the next one is restored.
 */
export async function restoreGrafana(api: GrafanaApi, contents: GrafanaContents): Promise<GrafanaRestored> {
  const folders = createEmptyResult();
  const existingFolderUids = new Set((await api.folders()).map(({ uid }) => uid));
  for (const folder of contents.folders) {
    if (folder.parentUid !== undefined)
      for (const { uid } of await api.folders(folder.parentUid)) existingFolderUids.add(uid);
    if (existingFolderUids.has(folder.uid)) folders.skipped.push(`${folder.title}: it is there already`);
    else await saveObject(folders, folder.title, "created", () => api.createFolder(folder));
  }
  const datasources = createEmptyResult();
  const withoutSecrets: string[] = [];
  for (const { secrets, ...datasource } of contents.datasources) {
    const { name, uid } = datasource;
    if ((await api.datasource(uid)) !== undefined) {
      datasources.skipped.push(`${name}: one with its uid is there already`);
      continue;
    }
    const isCreated = await saveObject(datasources, name, "created", () => api.createDatasource(datasource));
    if (isCreated && secrets.length > 0) withoutSecrets.push(`${name} (${secrets.join(", ")})`);
  }
  const dashboards = createEmptyResult();
  for (const stored of contents.dashboards) {
    const { uid, title } = stored.dashboard;
    const existingDashboard = await api.dashboard(uid);
    if (existingDashboard?.meta.provisioned)
      dashboards.skipped.push(`${title}: the stack has it from a file`);
    else
      await saveObject(dashboards, title, existingDashboard === undefined ? "created" : "replaced", () =>
        api.saveDashboard(stored),
      );
  }
  return { folders, datasources, dashboards, withoutSecrets };
}

/** Saves an object and records the outcome in `restored`. @returns true if it was saved */
async function saveObject(
  restored: Restored,
  what: string,
  outcome: "created" | "replaced",
  save: () => Promise<string | undefined>,
): Promise<boolean> {
  const refusal = await save().catch(describeError);
  if (refusal === undefined) restored[outcome].push(what);
  else restored.failed.push(`${what}: ${refusal}`);
  return refusal === undefined;
}
