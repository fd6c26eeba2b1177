import type { DiagnosisRule } from "../rule.ts";
import { alertmanagerConfigInvalid, alertmanagerNotWired } from "./alertmanager-config.ts";
import { alertFiring } from "./alerts.ts";
import { checkFaultRules } from "./check-faults.ts";
import { clockSkew } from "./clock.ts";
import {
  datasourceMissing,
  datasourceUnreachable,
  datasourceWrongUid,
  datasourceWrongUrl,
} from "./datasource.ts";
import { scrapeAnnotationWrong, targetsMissing } from "./discovery.ts";
import { diskFull } from "./disk.ts";
import { dnsDown, nameUnknown } from "./dns.ts";
import { grafanaDatabase } from "./grafana-database.ts";
import { grafanaLoginRefused } from "./grafana-login.ts";
import {
  dashboardNotLoaded,
  datasourceTwoDefaults,
  grafanaPluginDownload,
  grafanaProvisioningInvalid,
} from "./grafana-provisioning.ts";
import { scrapeTimeoutTooLong, windowTooShort } from "./intervals.ts";
import { kubeStateMetricsTwice } from "./kube-state-metrics.ts";
import { alertsNotDelivered, notificationsFail } from "./notifications.ts";
import { prometheusConfigInvalid, prometheusFlag, rulesInvalid } from "./prometheus-config.ts";
import { retentionIgnored } from "./retention.ts";
import {
  prometheusStorageCorrupt,
  prometheusStorageDenied,
  prometheusStorageLocked,
  samplesRejected,
} from "./storage.ts";
import { targetRules, targetWrongPort } from "./targets.ts";
import { valueUnknown } from "./values.ts";

/** The rules about Prometheus, Alertmanager, Grafana and what they find, from the deepest to what rests on it. */
export const stackRules: readonly DiagnosisRule[] = [
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
