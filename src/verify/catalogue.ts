import { UserError } from "../lib/errors.ts";
import { matchesGlob } from "../lib/path.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Check } from "../stack/check.ts";
import { alertDelivery } from "./checks/alerting/alert-delivery.ts";
import { alertmanagerWired } from "./checks/alerting/alertmanager-wired.ts";
import { alertInhibition } from "./checks/alerting/inhibition.ts";
import { ruleDelivery } from "./checks/alerting/rule-delivery.ts";
import { imagesLocked } from "./checks/cluster/images.ts";
import { loadBalancersServed } from "./checks/cluster/load-balancers.ts";
import { workloadsHealthy } from "./checks/cluster/workloads.ts";
import { dashboardsWhole } from "./checks/grafana/dashboards.ts";
import { grafanaDatasource } from "./checks/grafana/datasources.ts";
import { grafanaHealthy, grafanaQuery } from "./checks/grafana/health.ts";
import { dashboardPanels } from "./checks/grafana/panels.ts";
import { grafanaPlugins } from "./checks/grafana/plugins.ts";
import { alertmanagerConfigEffective } from "./checks/requested/alertmanager-config.ts";
import { environmentEffective, resourcesEffective, valuesKnown } from "./checks/requested/containers.ts";
import { grafanaAlertingEffective } from "./checks/requested/grafana-alerting.ts";
import { grafanaSettingsEffective } from "./checks/requested/grafana-settings.ts";
import {
  prometheusRetention,
  prometheusSettingsEffective,
  scrapeSettingsEffective,
} from "./checks/requested/prometheus-settings.ts";
import { storageEffective } from "./checks/requested/volumes.ts";
import { alertsQuiet } from "./checks/rules/alerts-quiet.ts";
import { rangeWindows, recordedValues } from "./checks/rules/rule-values.ts";
import { rulesHealthy } from "./checks/rules/rules-healthy.ts";
import { growth, noAlertFired, noOomKill, nothingRestarted, targetsHeld } from "./checks/since-baseline.ts";
import { cadvisorContainers, kubeNodeInfo, nodeExporterOnEveryNode } from "./checks/targets/exporters.ts";
import { federationArrives } from "./checks/targets/federation.ts";
import { monitorsScraped } from "./checks/targets/monitors.ts";
import { queryNodeCpu } from "./checks/targets/node-queries.ts";
import { queryCpu, queryMemory, queryPodStatus } from "./checks/targets/pod-queries.ts";
import { prometheusConfigLoaded, prometheusReady } from "./checks/targets/prometheus-health.ts";
import { remoteWriteDelivers } from "./checks/targets/remote-write.ts";
import { samplesKept } from "./checks/targets/samples-kept.ts";
import { scrapedOnce } from "./checks/targets/scraped-once.ts";
import { seriesBudget } from "./checks/targets/series-budget.ts";
import { targetsUp } from "./checks/targets/targets-up.ts";

/** All checks, in the order of the results: the ones that others depend on come first. */
export const allChecks: readonly Check[] = [
  valuesKnown,
  workloadsHealthy,
  loadBalancersServed,
  imagesLocked,
  storageEffective,
  resourcesEffective,
  environmentEffective,
  prometheusReady,
  prometheusRetention,
  prometheusConfigLoaded,
  scrapeSettingsEffective,
  prometheusSettingsEffective,
  targetsUp,
  federationArrives,
  monitorsScraped,
  samplesKept,
  scrapedOnce,
  nodeExporterOnEveryNode,
  kubeNodeInfo,
  cadvisorContainers,
  queryCpu,
  queryMemory,
  queryPodStatus,
  queryNodeCpu,
  rulesHealthy,
  rangeWindows,
  recordedValues,
  alertsQuiet,
  seriesBudget,
  remoteWriteDelivers,
  alertmanagerConfigEffective,
  alertmanagerWired,
  alertDelivery,
  alertInhibition,
  ruleDelivery,
  grafanaHealthy,
  grafanaSettingsEffective,
  grafanaPlugins,
  grafanaDatasource,
  grafanaAlertingEffective,
  grafanaQuery,
  dashboardsWhole,
  dashboardPanels,
];

/** Checks of a verification at the end of the job: each one compares with the baseline. */
export const endChecks: readonly Check[] = [nothingRestarted, noOomKill, targetsHeld, noAlertFired, growth];

/** Former ids of checks that are part of another check now: `--checks` and `--skip` still accept them. */
export const checkAliases: Readonly<Record<string, string>> = { "kube-state-metrics-once": scrapedOnce.id };

/** The user's selection of checks. */
export interface Selection {
  /** Ids or patterns (`grafana-*`); empty: all checks. */
  readonly only?: readonly string[];
  /** Reasons by id or pattern. */
  readonly skip?: Readonly<Record<string, string>>;
}

/**
 * Returns the selected ids, each with the user's reason for skipping it, if there is one.
 * @param known ids that the selection may name, including those of checks that are not run this time
 * @throws UserError if an id or pattern matches no check
 */
export function selectChecks(
  ids: readonly string[],
  { only = [], skip = {} }: Selection,
  known: readonly string[] = ids,
): { readonly id: string; readonly skipped: string | undefined }[] {
  for (const pattern of [...only, ...Object.keys(skip)]) {
    if (known.some((id) => matchesCheck(pattern, id))) continue;
    const fix = pattern.includes("*") ? `the checks are: ${known.join(", ")}` : didYouMean(pattern, known);
    throw new UserError(`there is no check named ${pattern}`, { fix });
  }
  return ids
    .filter((id) => only.length === 0 || only.some((pattern) => matchesCheck(pattern, id)))
    .map((id) => ({ id, skipped: Object.entries(skip).find(([pattern]) => matchesCheck(pattern, id))?.[1] }));
}

/** True if a pattern matches a check's id or one of its former ids. */
function matchesCheck(pattern: string, id: string): boolean {
  const formerIds = Object.keys(checkAliases).filter((alias) => checkAliases[alias] === id);
  return [id, ...formerIds].some((name) => matchesGlob(pattern, name));
}
