import type { CheckFault } from "./check-fault.ts";
import { containerFailures, crash, oomKilled, probeFailures } from "./containers.ts";
import type { Failure } from "./failure.ts";
import { helmFailures } from "./helm.ts";
import { imageFailures } from "./images.ts";
import {
  admissionFailures,
  evicted,
  namespaceTerminating,
  operatorRefused,
  schedulingFailures,
} from "./scheduling.ts";
import { scrapeFailures } from "./scrape.ts";
import { selectionFaults } from "./selection-faults.ts";
import * as serverFailures from "./servers.ts";
import { settingFaults } from "./setting-faults.ts";
import { stackFaults } from "./stack-faults.ts";
import { claimFailures, claimLost, mountFailures, sandboxFailures } from "./volumes.ts";

/** Failures that keep a workload from getting ready, as shown by its own state, its pods, claims and controllers. */
export const workloadFailures: readonly Failure[] = [
  ...new Set([
    ...imageFailures,
    oomKilled,
    crash,
    ...probeFailures,
    ...containerFailures,
    ...sandboxFailures,
    ...mountFailures,
    claimLost,
    ...claimFailures,
    ...schedulingFailures,
    ...admissionFailures.filter((failure) => failure !== namespaceTerminating),
    operatorRefused,
  ]),
];

/** Faults that a check identifies by itself. */
export const checkFaults: readonly CheckFault[] = [...settingFaults, ...stackFaults, ...selectionFaults];

/** Every failure that monstack recognises by a report of a program or of the cluster. */
export const allFailures: readonly Failure[] = [
  ...workloadFailures,
  namespaceTerminating,
  evicted,
  ...scrapeFailures,
  ...helmFailures,
  ...checkFaults,
  ...Object.values(serverFailures),
];

/** Returns the former ids of a failure; undefined if it has none, or the catalogue doesn't have it. */
export function findAliases(id: string): readonly string[] | undefined {
  return allFailures.find((failure) => failure.id === id)?.aliases;
}
