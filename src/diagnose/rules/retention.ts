import { parseDuration } from "../../lib/duration.ts";
import { parsePrometheusSize } from "../../lib/quantity.ts";
import { type FailedCheck, notPassed, quoteCheck, withFault } from "../failed.ts";
import type { DiagnosisRule, Evidence, Found } from "../types.ts";

interface Difference {
  readonly flag: string;
  readonly asked: string;
  readonly live: string;
}

export const retentionIgnored: DiagnosisRule = {
  id: "retention-ignored",
  layer: "prometheus",
  title: "Prometheus keeps its data for another time than was asked",
  evidence: "its flags in force against what the charts render; its runtime information",
  find: (evidence) => {
    const differences = differencesOf(evidence);
    const checks = withFault(evidence, "retention-ignored");
    if (differences.length === 0)
      return checks.filter(({ expected }) => expected.includes("as the setting ")).map(settingLost);
    const byFile = differences.some(({ flag }) => flag === "storageRetention");
    return [
      {
        what: `Prometheus does not keep its data as asked: ${differences.map(({ asked, live }) => `${live} instead of ${asked}`).join(", ")}`,
        how: [
          ...differences.map(
            ({ flag, asked, live }) => `Prometheus says ${flag} is ${live}; the chart renders ${asked}`,
          ),
          ...checks.map(quoteCheck),
        ],
        fix: byFile
          ? "Take storage.tsdb.retention out of prometheus.yml (it wins over the flag), or set it to what you want."
          : "Let Prometheus' pod be replaced: the one that answers was not started with the arguments of this deployment.",
        sureness: "certain",
        explains: notPassed(evidence, /^(prometheus-retention|series-budget)$/),
        blame: { app: undefined, keys: ["server.retention", "retention", "retentionSize"], values: [] },
      },
    ];
  },
};

/** The charts render what runs, and a setting asked for something else. */
function settingLost(check: FailedCheck): Found {
  return {
    what: `Prometheus does not keep its data as asked: ${check.seen}`,
    how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
    fix: "Take away the value that replaces Prometheus' arguments (server.defaultFlagsOverride), or ask for it there.",
    sureness: "certain",
    explains: [check.id],
    blame: {
      app: undefined,
      keys: ["server.defaultFlagsOverride", "retention", "retention-size"],
      values: [],
    },
  };
}

function differencesOf({ asked, prometheus }: Evidence): readonly Difference[] {
  const { flags } = prometheus ?? {};
  if (flags === undefined) return [];
  const time = compare("storage.tsdb.retention.time", asked.retention.time, flags, parseDuration);
  const size = compare("storage.tsdb.retention.size", asked.retention.size, flags, parsePrometheusSize);
  if (time.length + size.length > 0) return [...time, ...size];
  // A retention in the configuration file (3.x) wins over the flag, and is not in the flags.
  const inForce = /\b(\d+(?:ms|[smhdwy]))+\b/.exec(
    String(prometheus?.runtime?.["storageRetention"] ?? ""),
  )?.[0];
  const wanted = asked.retention.time;
  if (inForce === undefined || wanted === undefined || parseDuration(inForce) === parseDuration(wanted))
    return [];
  return [{ flag: "storageRetention", asked: wanted, live: inForce }];
}

function compare(
  flag: string,
  asked: string | undefined,
  flags: Readonly<Record<string, string>>,
  measure: (text: string) => number | undefined,
): readonly Difference[] {
  const live = flags[flag];
  if (asked === undefined || live === undefined || asked === live) return [];
  const wanted = measure(asked);
  return wanted !== undefined && wanted === measure(live) ? [] : [{ flag, asked, live }];
}
