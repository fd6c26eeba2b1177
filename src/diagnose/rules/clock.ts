import type { Evidence } from "../evidence.ts";
import { notPassed } from "../failed.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { targetsSeen } from "../targets-seen.ts";

/** Less than this is the time that asking took. */
const leastSeconds = 5;
/** From here on no sample of this deployment looks as if it were one. */
const muchSeconds = 30;

export const clockSkew: DiagnosisRule = {
  id: "clock-skew",
  layer: "host",
  title: "Clocks differ",
  evidence: "Prometheus' clock against this machine's; certificates that are not valid yet",
  find: (evidence) => [...measured(evidence), ...notYetValid(evidence)],
};

function measured(evidence: Evidence): readonly Finding[] {
  const { clock } = evidence.prometheus ?? {};
  if (clock === undefined) return [];
  const ahead = clock.theirs - clock.ours;
  if (Math.abs(ahead) < leastSeconds) return [];
  const seconds = `${Math.abs(Math.round(ahead))} s ${ahead > 0 ? "ahead of" : "behind"}`;
  return [
    {
      what: `Prometheus' clock is ${seconds} this machine's: samples look too old or from the future`,
      how: [`Prometheus says it is ${iso(clock.theirs)}, this machine ${iso(clock.ours)}`],
      fix: "Set the clocks of the cluster's nodes and of this machine by the same time server (chrony, systemd-timesyncd).",
      sureness: Math.abs(ahead) >= muchSeconds ? "certain" : "likely",
      explains: notPassed(evidence, /^(?!grafana-(healthy|datasource)$|values-known$|workloads-)/),
    },
  ];
}

/** A certificate that is valid only later was most likely issued by a machine whose clock is ahead. */
function notYetValid(evidence: Evidence): readonly Finding[] {
  const early = targetsSeen(evidence).filter(({ lastError }) =>
    /not yet valid: current time \S{1,100} is before/.test(lastError),
  );
  const first = early[0];
  if (first === undefined) return [];
  return [
    {
      what: `The clock of Prometheus' node, or of who issued the certificate of ${first.url}, is wrong: the certificate is not valid yet`,
      how: early.slice(0, 3).map(({ url, lastError }) => `target ${url}: ${shorten(lastError)}`),
      fix: "Set the clocks of the nodes by a time server, then issue the certificate anew.",
      sureness: "likely",
      explains: notPassed(evidence, /^targets-up$/),
    },
  ];
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
