import type { Check } from "../stack/types.ts";
import { alertDelivery } from "./checks/alert-delivery.ts";
import { alertInhibition } from "./checks/alert-inhibition.ts";
import { alertmanagerConfigEffective } from "./checks/alertmanager-config-effective.ts";
import { alertmanagerWired } from "./checks/alertmanager-wired.ts";
import { alertsQuiet } from "./checks/alerts-quiet.ts";
import { cadvisorContainers } from "./checks/cadvisor-containers.ts";
import { dashboardPanels } from "./checks/dashboard-panels.ts";
import { dashboardsWhole } from "./checks/dashboards-whole.ts";
import { environmentEffective } from "./checks/environment-effective.ts";
import { federationArrives } from "./checks/federation-arrives.ts";
import { grafanaAlertingEffective } from "./checks/grafana-alerting-effective.ts";
import { grafanaDatasource } from "./checks/grafana-datasource.ts";
import { grafanaHealthy } from "./checks/grafana-healthy.ts";
import { grafanaPlugins } from "./checks/grafana-plugins.ts";
import { grafanaQuery } from "./checks/grafana-query.ts";
import { grafanaSettingsEffective } from "./checks/grafana-settings-effective.ts";
import { imagesLocked } from "./checks/images-locked.ts";
import { kubeNodeInfo } from "./checks/kube-node-info.ts";
import { kubeStateMetricsOnce } from "./checks/kube-state-metrics-once.ts";
import { loadBalancersServed } from "./checks/load-balancers-served.ts";
import { monitorsScraped } from "./checks/monitors-scraped.ts";
import { nodeExporterOnEveryNode } from "./checks/node-exporter-on-every-node.ts";
import { prometheusConfigLoaded } from "./checks/prometheus-config-loaded.ts";
import { prometheusReady } from "./checks/prometheus-ready.ts";
import { prometheusRetention } from "./checks/prometheus-retention.ts";
import { prometheusSettingsEffective } from "./checks/prometheus-settings-effective.ts";
import { queryCpu } from "./checks/query-cpu.ts";
import { queryMemory } from "./checks/query-memory.ts";
import { queryNodeCpu } from "./checks/query-node-cpu.ts";
import { queryPodStatus } from "./checks/query-pod-status.ts";
import { rangeWindows } from "./checks/range-windows.ts";
import { recordedValues } from "./checks/recorded-values.ts";
import { remoteWriteDelivers } from "./checks/remote-write-delivers.ts";
import { resourcesEffective } from "./checks/resources-effective.ts";
import { ruleDelivery } from "./checks/rule-delivery.ts";
import { rulesHealthy } from "./checks/rules-healthy.ts";
import { samplesKept } from "./checks/samples-kept.ts";
import { scrapeSettingsEffective } from "./checks/scrape-settings-effective.ts";
import { scrapedOnce } from "./checks/scraped-once.ts";
import { seriesBudget } from "./checks/series-budget.ts";
import { storageEffective } from "./checks/storage-effective.ts";
import { targetsUp } from "./checks/targets-up.ts";
import { valuesKnown } from "./checks/values-known.ts";
import { workloadsHealthy } from "./checks/workloads-healthy.ts";

/** All checks, from what everything rests on to what rests on all of it. Results are in this order. */
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
  kubeStateMetricsOnce,
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
