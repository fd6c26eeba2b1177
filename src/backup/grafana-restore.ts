import { messageOf } from "../lib/errors.ts";
import type { Folder, GrafanaApi, StoredDashboard, StoredDatasource } from "./grafana-api.ts";
import { nothingYet, type Restored } from "./restored.ts";

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
  const folders = nothingYet();
  const there = new Set((await api.folders()).map(({ uid }) => uid));
  for (const folder of contents.folders) {
    if (folder.parentUid !== undefined)
      for (const { uid } of await api.folders(folder.parentUid)) there.add(uid);
    if (there.has(folder.uid)) folders.skipped.push(`${folder.title}: it is there already`);
    else await attempt(folders, folder.title, "created", () => api.createFolder(folder));
  }
  const datasources = nothingYet();
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
  const dashboards = nothingYet();
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
  const refusal = await save().catch(messageOf);
  if (refusal === undefined) restored[as].push(what);
  else restored.failed.push(`${what}: ${refusal}`);
  return refusal === undefined;
}
