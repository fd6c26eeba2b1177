import type { DiagnosisRule } from "./rule.ts";
import {
  alertFiring,
  alertmanagerConfigInvalid,
  alertmanagerNotWired,
  alertsNotDelivered,
  notificationsFail,
} from "./rules/alerting.ts";
import { checkFaultRules, valueUnknown } from "./rules/check-faults.ts";
import {
  namespaceTerminating,
  nodeDown,
  nodePressure,
  podNetworkMissing,
  rightsMissing,
} from "./rules/cluster.ts";
import {
  datasourceMissing,
  datasourceUnreachable,
  datasourceWrongUid,
  datasourceWrongUrl,
} from "./rules/data-sources.ts";
import { kubeStateMetricsTwice, scrapeAnnotationWrong, targetsMissing } from "./rules/discovery.ts";
import {
  dashboardNotLoaded,
  datasourceTwoDefaults,
  grafanaDatabase,
  grafanaLoginRefused,
  grafanaPluginDownload,
  grafanaProvisioningInvalid,
} from "./rules/grafana.ts";
import { helmRules, releasePending } from "./rules/helm.ts";
import { clockSkew, diskFull, k3sRules } from "./rules/host.ts";
import { dnsDown, nameUnknown, noEndpoints } from "./rules/network.ts";
import {
  prometheusConfigInvalid,
  prometheusFlag,
  prometheusStorageCorrupt,
  prometheusStorageDenied,
  prometheusStorageLocked,
  rulesInvalid,
  samplesRejected,
} from "./rules/prometheus-logs.ts";
import { retentionIgnored, scrapeTimeoutTooLong, windowTooShort } from "./rules/prometheus-settings.ts";
import { rbacDenied } from "./rules/rbac.ts";
import { targetRules, targetWrongPort } from "./rules/targets.ts";
import { evicted, livenessFailing, volumeDeadlock, workloadShort } from "./rules/workload-states.ts";
import { notReadyInTime, provisionerDown, workloadRules } from "./rules/workloads.ts";

/** Every rule, from the host up to what runs on it. docs/diagnoses.md lists them in this order. */
export const allRules: readonly DiagnosisRule[] = [
  ...k3sRules,
  nodePressure,
  podNetworkMissing,
  nodeDown,
  rightsMissing,
  namespaceTerminating,
  ...helmRules,
  releasePending,
  rbacDenied,
  provisionerDown,
  ...workloadRules,
  volumeDeadlock,
  evicted,
  workloadShort,
  livenessFailing,
  notReadyInTime,
  noEndpoints,
  valueUnknown,
  prometheusConfigInvalid,
  rulesInvalid,
  prometheusFlag,
  scrapeTimeoutTooLong,
  alertmanagerConfigInvalid,
  datasourceTwoDefaults,
  grafanaProvisioningInvalid,
  diskFull,
  clockSkew,
  prometheusStorageLocked,
  prometheusStorageDenied,
  prometheusStorageCorrupt,
  dnsDown,
  nameUnknown,
  retentionIgnored,
  windowTooShort,
  samplesRejected,
  targetWrongPort,
  ...targetRules,
  targetsMissing,
  scrapeAnnotationWrong,
  kubeStateMetricsTwice,
  ...checkFaultRules,
  alertmanagerNotWired,
  alertsNotDelivered,
  notificationsFail,
  alertFiring,
  grafanaDatabase,
  grafanaLoginRefused,
  grafanaPluginDownload,
  datasourceMissing,
  datasourceWrongUrl,
  datasourceUnreachable,
  datasourceWrongUid,
  dashboardNotLoaded,
];
