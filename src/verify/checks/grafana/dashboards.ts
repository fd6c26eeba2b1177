import {
  type Dashboard,
  type Datasource,
  type DatasourceRef,
  readDashboard,
} from "../../../dashboards/dashboard.ts";
import { findReference, resolveDatasource } from "../../../dashboards/unanswered.ts";
import { mapLimited } from "../../../lib/concurrency.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { PlannedDashboard } from "../../../model/plan.ts";
import { type Check, type Fault, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { GrafanaClient } from "../../../stack/grafana.ts";
import { windowMs } from "../../panels/pass.ts";
import { listProvisionedDashboards, type ProvisionedDashboard } from "../../panels/provisioned.ts";
import { resolveFixedValues } from "../../panels/variables.ts";
import { type StackWith, withGrafana } from "../required-services.ts";

export const dashboardsWhole: Check = {
  id: "dashboards-whole",
  title: "The dashboards are in Grafana, and whole",
  severity: "error",
  meaning:
    "A dashboard is missing, empty, or asks a datasource that Grafana doesn't have: it shows nothing but errors.",
  fix: "give each dashboard of the Grafana chart a `datasource` that exists (or inputs filled in), and look at the log of the init container download-dashboards",
  run: withGrafana(checkDashboardsWhole),
};

/** Milliseconds that provisioning and sidecars may need after Grafana responds. */
const provisioningMs = 12_000;

/** A problem of a dashboard. `why` replaces the check's general cause and fix. */
interface Problem {
  readonly text: string;
  readonly fault: Fault;
  readonly why?: { readonly cause: string; readonly fix: string } | undefined;
}

/** The dashboards that must be in Grafana. */
interface WantedDashboards {
  /** The dashboards in the charts' files. */
  readonly provisioned: readonly ProvisionedDashboard[];
  /** The dashboards that the configuration requests, with their folders. */
  readonly requested: readonly PlannedDashboard[];
}

/** A dashboard in Grafana. `file` and `folder` are undefined if it has none. */
interface LiveDashboard {
  readonly uid: string;
  readonly title: string;
  readonly file: string | undefined;
  readonly folder: string | undefined;
  /** Its model, or why it can't be read. */
  readonly read: ReturnType<typeof readDashboard>;
}

/** Fails if a dashboard is missing, in another folder, unreadable, empty, or without its data sources. */
async function checkDashboardsWhole(
  client: GrafanaClient,
  { rendered, plan }: StackWith<"grafana">,
): Promise<Verdict> {
  const live = await readDashboards(client);
  const provisioned = listProvisionedDashboards(rendered);
  if (live.length === 0 && provisioned.length === 0)
    return skip("Grafana has no dashboards, and the charts bring none");
  return judgeDashboards(live, { provisioned, requested: plan.dashboards }, await listDatasources(client));
}

/** Returns Grafana's data sources. */
async function listDatasources(client: GrafanaClient): Promise<Datasource[]> {
  return (await client.datasources()).map(({ uid, name, type, isDefault }) => ({
    uid,
    name,
    type,
    isDefault,
  }));
}

/** Reads all dashboards of Grafana, six at a time. One that is deleted meanwhile is left out. */
async function readDashboards(client: GrafanaClient): Promise<LiveDashboard[]> {
  const dashboards = await mapLimited(await client.dashboards(), 6, async ({ uid, title, folderTitle }) => {
    const stored = await client.dashboard(uid);
    return stored
      ? [
          {
            uid,
            title,
            folder: folderTitle || undefined,
            file: stored.file,
            read: readDashboard(stored.model, uid),
          },
        ]
      : [];
  });
  return dashboards.flat();
}

/**
 * Returns the failure with the problems of all dashboards, or the pass that lists the dashboards. The problem with the
 * shortest grace period gives the cause.
 */
function judgeDashboards(
  live: readonly LiveDashboard[],
  { provisioned, requested }: WantedDashboards,
  datasources: readonly Datasource[],
): Verdict {
  const problems = [
    ...provisioned.flatMap((dashboard) => findFileProblem(dashboard, live, requested)),
    ...requested.flatMap((dashboard) => findRequestProblems(dashboard, live)),
    ...live.flatMap((dashboard) => findModelProblems(dashboard, datasources)),
  ];
  const mostUrgent = problems.toSorted((a, b) => a.fault.graceMs - b.fault.graceMs)[0];
  if (mostUrgent === undefined)
    return pass(`${formatCount(live.length, "dashboard")}: ${formatList(live.map(({ title }) => title))}`);
  return {
    status: "fail",
    expected:
      "every dashboard that the charts bring or that is in Grafana can be read, has panels, and its datasources exist",
    seen: formatList(problems.map(({ text }) => text)),
    ...(provisioned.some((dashboard) => dashboard.download !== undefined) &&
    mostUrgent.fault.id === "dashboard-missing"
      ? {
          cause: "the init container download-dashboards of Grafana's chart hides a download that fails",
          fix: "set take-over-dashboards: true to have monstack download dashboards with a gnetId and report why one can't be had, or give the dashboard as json or file",
        }
      : {}),
    ...mostUrgent.why,
    fault: mostUrgent.fault,
  };
}

/** Returns a problem if the dashboard of a file is unreadable, not in Grafana, or not in its provider's folder. */
function findFileProblem(
  dashboard: ProvisionedDashboard,
  live: readonly LiveDashboard[],
  requested: readonly PlannedDashboard[],
): Problem[] {
  const { where, problem, download, file, title, uid, provider, ignored } = dashboard;
  if (problem !== undefined)
    return [{ text: `${where}: ${problem}`, fault: { id: "dashboard-broken", graceMs: 0 } }];
  const liveDashboard = live.find(
    (candidate) =>
      (uid !== undefined && candidate.uid === uid) ||
      (title !== undefined && candidate.title === title) ||
      candidate.file?.split("/").at(-1) === file,
  );
  if (liveDashboard === undefined && ignored !== undefined) {
    const text = `${title ?? file} is not in Grafana, though ${where} holds it`;
    return [{ text, why: ignored, fault: { id: "dashboard-not-collected", graceMs: 0 } }];
  }
  if (liveDashboard === undefined) {
    const providerNote = provider === undefined ? "; no provider in dashboardProviders reads its folder" : "";
    const text =
      download === undefined
        ? `${title ?? file} is not in Grafana, though ${where} holds it${providerNote}`
        : `${file} is not in Grafana: the download from ${download} brought no dashboard (${where})${providerNote}`;
    return [{ text, fault: { id: "dashboard-missing", graceMs: provisioningMs } }];
  }
  // findRequestProblems compares the folders of requested dashboards.
  if (
    provider === undefined ||
    provider === "unknown" ||
    requested.some((candidate) => candidate.uid === liveDashboard.uid)
  )
    return [];
  const folder = getFolder(liveDashboard);
  if (folder === provider.folder) return [];
  const text = `${liveDashboard.title} is in ${describeFolder(folder)}, and its provider ${provider.name} puts it into ${describeFolder(provider.folder)}`;
  return [{ text, fault: { id: "dashboard-misplaced", graceMs: provisioningMs } }];
}

/** Returns the folder of a dashboard; undefined for the general one, which Grafana names `General` or not at all. */
function getFolder({ folder }: LiveDashboard): string | undefined {
  return folder === "General" ? undefined : folder;
}

/** Returns a folder for messages. */
function describeFolder(folder: string | undefined): string {
  return folder === undefined ? "no folder" : `the folder ${folder}`;
}

/** Returns the differences of a dashboard in Grafana from the requested one. findFileProblem reports a missing one. */
function findRequestProblems(
  { uid, title, folder, panels }: PlannedDashboard,
  live: readonly LiveDashboard[],
): Problem[] {
  const liveDashboard = live.find((candidate) => candidate.uid === uid);
  if (liveDashboard === undefined) return [];
  const createFault = (id: string) => ({ id, graceMs: provisioningMs });
  const problems: Problem[] = [];
  const liveFolder = getFolder(liveDashboard);
  if (liveFolder !== folder)
    problems.push({
      text: `${title} is in ${describeFolder(liveFolder)}, and was requested in ${folder ?? "none"}`,
      fault: createFault("dashboard-misplaced"),
    });
  const livePanels = "problem" in liveDashboard.read ? panels : liveDashboard.read.dashboard.panels.length;
  if (livePanels !== panels)
    problems.push({
      text: `${title} has ${formatCount(livePanels, "panel")}, and the requested one has ${panels}`,
      fault: createFault("dashboard-differs"),
    });
  return problems;
}

/** Returns the problems of a dashboard's content: unreadable, without panels, with open inputs, or with missing data sources. */
function findModelProblems({ title, read }: LiveDashboard, datasources: readonly Datasource[]): Problem[] {
  const createFault = (id: string, graceMs = 0) => ({ id, graceMs });
  if ("problem" in read)
    return [{ text: `${title}: ${read.problem}`, fault: createFault("dashboard-broken") }];
  const { dashboard } = read;
  if (dashboard.panels.length === 0)
    return [{ text: `${title} has no panels`, fault: createFault("dashboard-empty") }];
  if (dashboard.unfilled.length > 0) {
    const text = `${title}: ${formatList(dashboard.unfilled)} was never filled in`;
    return [{ text, fault: createFault("dashboard-input-unresolved") }];
  }
  return listMissingSources(dashboard, datasources).map((why) => ({
    text: `${title}: ${why}`,
    fault: createFault("dashboard-datasource-missing", provisioningMs),
  }));
}

/** Returns the missing data sources, each with the number of its panels; those of variables come last. */
function listMissingSources(dashboard: Dashboard, datasources: readonly Datasource[]): string[] {
  const values = resolveFixedValues(dashboard, datasources, windowMs);
  const explainMissing = (ref: DatasourceRef | undefined) => {
    const resolved = resolveDatasource(ref, values, datasources);
    return resolved.kind === "missing" ? [resolved.why] : [];
  };
  const reasonsByPanel = dashboard.panels.map(
    (panel) => new Set(panel.queries.flatMap((query) => explainMissing(findReference(panel, query)))),
  );
  const queryVariables = dashboard.variables.filter(({ type }) => type === "query");
  const variables = queryVariables.flatMap(({ name, datasource }) =>
    explainMissing(datasource).map((why) => ({ name, why })),
  );
  const allReasons = new Set([
    ...reasonsByPanel.flatMap((reasons) => [...reasons]),
    ...variables.map(({ why }) => why),
  ]);
  return [...allReasons].map((reason) => {
    const panels = reasonsByPanel.filter((reasons) => reasons.has(reason)).length;
    const names = variables.filter(({ why }) => why === reason).map(({ name }) => `variable $${name}`);
    return `${reason} (${formatList([...(panels > 0 ? [formatCount(panels, "panel")] : []), ...names])})`;
  });
}
