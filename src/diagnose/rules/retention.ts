import { parseDuration } from "../../lib/duration.ts";
import { parsePrometheusSize } from "../../lib/quantity.ts";
import type { Evidence } from "../evidence.ts";
import { type FailedCheck, notPassed, quoteCheck, withFault } from "../failed.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

interface Difference {
  readonly flag: string;
  readonly requested: string;
  readonly live: string;
}

export const retentionIgnored: DiagnosisRule = {
  id: "retention-ignored",
  layer: "prometheus",
  title: "Prometheus keeps its data for another time than was requested",
  evidence: "its flags in force against what the charts render; its runtime information",
  find: (evidence) => {
    const differences = differencesOf(evidence);
    const checks = withFault(evidence, "retention-ignored");
    if (differences.length === 0)
      return checks.filter(({ expected }) => expected.includes("as the setting ")).map(settingLost);
    const byFile = differences.some(({ flag }) => flag === "storageRetention");
    return [
      {
        what: `Prometheus does not keep its data as requested: ${differences.map(({ requested, live }) => `${live} instead of ${requested}`).join(", ")}`,
        how: [
          ...differences.map(
            ({ flag, requested, live }) =>
              `Prometheus says ${flag} is ${live}; the chart renders ${requested}`,
          ),
          ...checks.map(quoteCheck),
        ],
        fix: byFile
          ? "Take storage.tsdb.retention out of prometheus.yml (it wins over the flag), or set it to what you want."
          : "Let Prometheus' pod be replaced: the one that answers was not started with the arguments of this deployment.",
        explains: notPassed(evidence, /^(prometheus-retention|series-budget)$/),
        keys: ["server.retention", "retention", "retentionSize"],
      },
    ];
  },
};

/** The charts render what runs, and a setting requested for something else. */
function settingLost(check: FailedCheck): Finding {
  return {
    what: `Prometheus does not keep its data as requested: ${check.seen}`,
    how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
    fix: "Take away the value that replaces Prometheus' arguments (server.defaultFlagsOverride), or ask for it there.",
    explains: [check.id],
    keys: ["server.defaultFlagsOverride", "retention", "retention-size"],
  };
}

function differencesOf({ requested, prometheus }: Evidence): readonly Difference[] {
  const { flags } = prometheus ?? {};
  if (flags === undefined) return [];
  const time = compare("storage.tsdb.retention.time", requested.retention.time, flags, parseDuration);
  const size = compare("storage.tsdb.retention.size", requested.retention.size, flags, parsePrometheusSize);
  if (time.length + size.length > 0) return [...time, ...size];
  // A retention in the configuration file (3.x) wins over the flag, and is not in the flags.
  const inForce = /\b(\d+(?:ms|[smhdwy]))+\b/.exec(
    String(prometheus?.runtime?.["storageRetention"] ?? ""),
  )?.[0];
  const wanted = requested.retention.time;
  if (inForce === undefined || wanted === undefined || parseDuration(inForce) === parseDuration(wanted))
    return [];
  return [{ flag: "storageRetention", requested: wanted, live: inForce }];
}

function compare(
  flag: string,
  requested: string | undefined,
  flags: Readonly<Record<string, string>>,
  measure: (text: string) => number | undefined,
): readonly Difference[] {
  const live = flags[flag];
  if (requested === undefined || live === undefined || requested === live) return [];
  const wanted = measure(requested);
  return wanted !== undefined && wanted === measure(live) ? [] : [{ flag, requested, live }];
}
