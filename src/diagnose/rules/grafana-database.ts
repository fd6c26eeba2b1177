import { needGrafana, notPassed, quoteCheck, withFault } from "../failed.ts";
import { canExplain, linesOf, quote } from "../log-lines.ts";
import type { DiagnosisRule } from "../rule.ts";

/** The words of Grafana 9 to 13 with SQLite, and of its image's start script. */
const troubles: readonly { match: RegExp; unless?: RegExp; what: string; fix: string }[] = [
  {
    match:
      /GF_PATHS_DATA='[^']{0,300}' is not writable|can't create directory '\/var\/lib\/grafana|\/var\/lib\/grafana\S{0,300}: permission denied/i,
    what: "its data folder is not writable for it",
    fix: "Set securityContext.fsGroup: 472 (or initChownData.enabled: true) in the Grafana chart's values.",
  },
  {
    match: /attempt to write a readonly database|\/var\/lib\/grafana.{0,500}read-only file system/i,
    what: "its database is read-only",
    fix: "Give Grafana a writable volume (persistence, or none), owned by user 472.",
  },
  {
    match: /(?:✗|migration failed|failed to) .{0,500}database is locked/i,
    what: "its database is locked by another Grafana",
    fix: "Let the old pod end first (deploymentStrategy.type: Recreate), and keep SQLite off NFS.",
  },
  {
    match:
      /migration failed|failed to (?:connect to|open) (?:the )?database|unable to open database file|✗ .{0,500}(dial tcp|Access denied|password authentication failed)/i,
    // A plugin that can't be downloaded.
    unless: /✗ .{0,1000}https?:/i,
    what: "it can't open or migrate its database",
    fix: "Read the message: a volume of a newer Grafana can't be opened by an older one, an external database must be up, and its credentials right.",
  },
  {
    match: /database disk image is malformed|file is not a database/i,
    what: "its database file is damaged",
    fix: "Delete Grafana's volume, and let it be provisioned anew.",
  },
];

function isAbout({ match, unless }: (typeof troubles)[number], text: string): boolean {
  return match.test(text) && unless?.test(text) !== true;
}

export const grafanaDatabase: DiagnosisRule = {
  id: "grafana-database",
  layer: "grafana",
  title: "Grafana can't use its database",
  evidence: "Grafana's log and its /api/health",
  find: (evidence) => {
    const explains = notPassed(evidence, needGrafana);
    const lines = linesOf(evidence, "grafana").filter((line) => canExplain(evidence, line, explains));
    const trouble = troubles.find((one) => lines.some(({ text }) => isAbout(one, text)));
    const checks = withFault(evidence, "grafana-database");
    if (trouble === undefined && checks.length === 0) return [];
    const line = trouble && lines.findLast(({ text }) => isAbout(trouble, text));
    return [
      {
        what: `Grafana has trouble with its database: ${trouble?.what ?? "it says itself that it can't reach it"}`,
        how: [...(line ? [quote(line)] : []), ...checks.map(quoteCheck)],
        fix:
          trouble?.fix ??
          "Read the log of the grafana pod: the volume is full or read-only, or an external database is down.",
        // One that is well may have had to wait for its database once.
        sureness: checks.length > 0 || !line?.isWell ? "certain" : "possible",
        explains,
        keys: ["persistence", "securityContext", "initChownData", "database"],
      },
    ];
  },
};
