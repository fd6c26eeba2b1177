import { explainConfigurationError } from "../../failures/configuration.ts";
import { prometheusConfigInvalid as configInvalid } from "../../failures/servers.ts";
import { findChecksWithFault, listUnpassedCheckIds, prometheusChecks, quoteCheck } from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { canExplainChecks, findLogLinesOfApp, getMessage, type LogLine, quoteLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

const refusedConfiguration = /Error loading config|Error reloading config|error loading config from/;
const acceptedConfiguration = /Completed loading of configuration file/;
/** Matches lines without a reason. Another line has the reason. */
const unspecificError = /one or more errors occurred while applying|error loading rules, previous rule set/;
const ruleError = /loading groups failed|Error loading rule file patterns|parse rules from file/;
export const timeoutTooLong =
  /scrape timeout greater than scrape interval for scrape config with job name "([^"]*)"/;

/** Returns the last error about the configuration after the last successful load; undefined if there is none. */
export function findRefusedConfiguration(evidence: Evidence): LogLine | undefined {
  const lines = findLogLinesOfApp(evidence, "prometheus");
  const lastLoad = lines.findLastIndex((line) => acceptedConfiguration.test(line.text));
  return lines.findLast(
    (line, index) =>
      index > lastLoad &&
      refusedConfiguration.test(line.text) &&
      !ruleError.test(line.text) &&
      !unspecificError.test(line.text),
  );
}

/** Returns the ids of the failed checks that need Prometheus. */
function listExplainedChecks(evidence: Evidence): readonly string[] {
  return listUnpassedCheckIds(evidence, prometheusChecks);
}

export const prometheusConfigInvalid: DiagnosisRule = {
  ...configInvalid,
  evidence: "Prometheus' log, of a start or of a reload; the metric prometheus_config_last_reload_successful",
  find: (evidence) => {
    const line = findRefusedConfiguration(evidence);
    if (line === undefined) return findRejectedByMetric(evidence);
    const message = getMessage(line);
    if (timeoutTooLong.test(message)) return [];
    const error = explainConfigurationError(message);
    return [
      {
        what: `Prometheus refuses its configuration${/reload/i.test(line.text) ? ", and goes on with the one before" : ""}: ${error.what}`,
        how: [quoteLine(line)],
        fix: error.fix,
        explains: listExplainedChecks(evidence),
        keys: error.keys,
        values: error.values,
      },
    ];
  },
};

/** Returns the finding if only the metric reports a refused configuration, and no log that was read has the reason. */
function findRejectedByMetric(evidence: Evidence): readonly Finding[] {
  if (findLogLinesOfApp(evidence, "prometheus").some((line) => ruleError.test(line.text))) return [];
  return findChecksWithFault(evidence, configInvalid.id).map((check) => ({
    what: "Prometheus refused the last configuration it was given, and goes on with the one before",
    how: [quoteCheck(check)],
    fix: "Read Prometheus' log for `Error reloading config`, and correct what it names; `promtool check config` finds it beforehand.",
    sureness: "likely",
    explains: [check.id],
    keys: ["serverFiles", "extraScrapeConfigs", "scrapeConfigs"],
  }));
}

export const rulesInvalid: DiagnosisRule = {
  id: "rules-invalid",
  layer: "configuration",
  title: "Prometheus refuses a rule file",
  evidence: "Prometheus' log: file, group, rule, and the message of its PromQL parser",
  find: (evidence) => {
    const lines = findLogLinesOfApp(evidence, "prometheus");
    const lastLoad = lines.findLastIndex((line) => acceptedConfiguration.test(line.text));
    const line = lines.findLast((candidate, index) => index > lastLoad && ruleError.test(candidate.text));
    if (line === undefined) return [];
    const { file, group, rule, why: reason } = parseRuleError(getMessage(line));
    const ruleName = rule === undefined ? "" : ` "${rule}" of group "${group}"`;
    return [
      {
        what: `Prometheus refuses the rule${ruleName || `s in ${file}`}: ${reason}`,
        how: [quoteLine(line)],
        fix: `Correct ${rule === undefined ? file : `the rule ${rule}`}; \`promtool check rules\` finds such errors beforehand.`,
        explains: listExplainedChecks(evidence),
        values: [rule, group, /duration "([^"]*)"/.exec(reason)?.[1]].filter((value) => value !== undefined),
      },
    ];
  },
};

/** The place and reason of an error in a rule file. */
interface RuleError {
  /** Path of the rule file; `the rule files` if the error names none. */
  readonly file: string;
  /** Undefined, like `rule`, if the error is not that of a rule. */
  readonly group: string | undefined;
  readonly rule: string | undefined;
  readonly why: string;
}

/**
 * Returns the file, group and rule of an error, and its reason, e.g. of `/etc/config/alerts: 5:15: group "node", rule
 * 1, "HighCpu": could not parse expression: 1:38: parse error: ...`.
 */
function parseRuleError(message: string): RuleError {
  const ownMessage = message.replace(/^.*?parse rules from file "[^"]*" \(pattern: "[^"]*"\): /s, "");
  const [, file = "the rule files", fileError = ownMessage] =
    /^(?:[^/]*: )?(\/[^:\s]+): (?:\d+:\d+: )?(.*)$/s.exec(ownMessage.split("\n")[0] ?? "") ?? [];
  const [, group, rule, reason] = /^group "([^"]*)", rule \d+, "([^"]*)": (.*)$/s.exec(fileError) ?? [];
  return { file, group, rule, why: reason ?? fileError };
}

export const prometheusFlag: DiagnosisRule = {
  id: "prometheus-flag",
  layer: "configuration",
  title: "Prometheus is started with a flag that it doesn't know",
  evidence: "Prometheus' last words: `unknown long flag`",
  find: (evidence) => {
    const lines = [
      ...findLogLinesOfApp(evidence, "prometheus"),
      ...findLogLinesOfApp(evidence, "alertmanager"),
    ];
    const line = lines.find(
      ({ text, isReady }) => !isReady && /unknown (?:long|short) flag '(-{1,2}[^']*)'/.test(text),
    );
    if (line === undefined) return [];
    const flag = /unknown (?:long|short) flag '(-{1,2}[^']*)'/.exec(line.text)?.[1] ?? "";
    const flagName = flag.replace(/^-+/, "");
    const isRemovedFlag = flagName === "storage.tsdb.retention";
    const program = /prometheus: error|Error parsing command/.test(line.text) ? "Prometheus" : "The program";
    return [
      {
        what: `${program} does not know the flag ${flag} that it is started with`,
        how: [quoteLine(line)],
        fix: isRemovedFlag
          ? "Use --storage.tsdb.retention.time (server.retention in the chart's values): the flag was removed in Prometheus 3."
          : `Correct or remove ${flagName} (server.extraFlags or server.extraArgs in the chart's values).`,
        explains: listExplainedChecks(evidence),
        keys: [flagName, "extraFlags", "extraArgs"],
        values: [flagName, flag],
      },
    ];
  },
};

export const prometheusStorageLocked: DiagnosisRule = {
  id: "prometheus-storage-locked",
  layer: "storage",
  title: "Another Prometheus has the data folder",
  evidence: "Prometheus' log: `lock DB directory`",
  find: (evidence) => {
    const line = findLastLine(
      evidence,
      /lock DB directory: (resource temporarily unavailable|no locks available)/,
    );
    if (line === undefined) return [];
    const lacksLocks = /no locks available/.test(line.text);
    return [
      {
        what: lacksLocks
          ? "Prometheus can't lock its data folder: the file system under it (NFS?) has no locks"
          : "Prometheus can't lock its data folder: another Prometheus is running on the same volume",
        how: [quoteLine(line)],
        fix: lacksLocks
          ? "Put Prometheus' data on a local or block volume: it does not support NFS."
          : "Let the old pod end before the new one starts: set server.strategy.type: Recreate, and keep to one replica on a volume.",
        explains: listUnpassedCheckIds(evidence, prometheusChecks),
        keys: ["server.strategy", "replicaCount", "storageClass"],
      },
    ];
  },
};

export const prometheusStorageDenied: DiagnosisRule = {
  id: "prometheus-storage-denied",
  layer: "storage",
  title: "Prometheus may not write to its data folder",
  evidence: "Prometheus' log: `permission denied` or `read-only file system` on its folder",
  find: (evidence) => {
    const line = findLastLine(
      evidence,
      /(queries\.active|opening storage failed|lock DB directory|\/wal\b|\/chunks_head\b).{0,500}(permission denied|read-only file system)/,
    );
    if (line === undefined) return [];
    const isReadOnly = /read-only/.test(line.text);
    return [
      {
        what: `Prometheus may not write to its data folder: ${isReadOnly ? "the volume is read-only" : "it belongs to another user"}`,
        how: [quoteLine(line)],
        fix: isReadOnly
          ? "Give Prometheus a writable volume."
          : "Set server.securityContext.fsGroup and runAsUser to the owner of the volume (the chart's default is 65534), or the volume's owner to it.",
        explains: listUnpassedCheckIds(evidence, prometheusChecks),
        keys: ["server.securityContext", "runAsUser", "fsGroup"],
      },
    ];
  },
};

export const prometheusStorageCorrupt: DiagnosisRule = {
  id: "prometheus-storage-corrupt",
  layer: "storage",
  title: "Prometheus' data is damaged",
  evidence: "Prometheus' log: a block or a segment of the write-ahead log that can't be read",
  find: (evidence) => {
    const damagePattern =
      /Encountered WAL read error|Failed to read meta\.json|corruption in segment|opening storage failed: .{0,500}(corrupt|invalid|unexpected end of JSON)|block dir.{0,300}corrupted/i;
    const line = findLastLine(evidence, damagePattern);
    if (line === undefined) return [];
    const isFatal = /opening storage failed/.test(line.text);
    const folder = /dir=(\S+)/.exec(line.text)?.[1];
    const removal =
      folder === undefined ? "Remove the damaged block or segment" : `Remove the folder ${folder}`;
    // Prometheus repairs the data of a killed pod and works without the lost samples.
    if (!isFatal && line.isReady && listUnpassedCheckIds(evidence, /^query-/).length === 0) return [];
    return [
      {
        what: `Prometheus' data is damaged${isFatal ? ", and it can't start with it" : ": it left out what it could not read"}`,
        how: [quoteLine(line)],
        fix: `${removal} from the volume, or begin with a new one: a pod that was killed while it wrote leaves such.`,
        sureness: isFatal ? "certain" : "possible",
        explains: isFatal ? listUnpassedCheckIds(evidence, prometheusChecks) : [],
      },
    ];
  },
};

/** Several reasons for the same failure: Prometheus drops samples. */
export const samplesRejected: DiagnosisRule = {
  id: "samples-rejected",
  layer: "prometheus",
  title: "Prometheus drops samples",
  evidence: "Prometheus' log: out of order, same timestamp, too old or too far in the future",
  find: (evidence) => {
    const checks = listUnpassedCheckIds(evidence, /^(scraped-once|query-|targets-up|series-budget)/);
    const lines = findLogLinesOfApp(evidence, "prometheus").filter((line) =>
      canExplainChecks(evidence, line, checks),
    );
    return rejectionKinds.flatMap(({ match, why, fix }) => {
      const line = lines.findLast(({ text }) => match.test(text));
      if (line === undefined) return [];
      const target = line.fields["target"] ?? "a target";
      return [
        {
          what: `Prometheus drops samples of ${target} (job ${line.fields["scrape_pool"] ?? "?"}): ${why}`,
          how: [quoteLine(line)],
          fix,
          sureness: "possible" as const,
          explains: listUnpassedCheckIds(evidence, /^scraped-once$/),
        },
      ];
    });
  },
};

/** The reasons why Prometheus drops samples, by its log. */
const rejectionKinds = [
  {
    match: /Error on ingesting out-of-order samples/,
    why: "they are older than what it already has",
    fix: "Look for a second job or replica that scrapes the same series, or a target that sends timestamps of its own (honor_timestamps: false).",
  },
  {
    match: /Error on ingesting samples with different value but same timestamp/,
    why: "two values for the same series at the same time",
    fix: "Check whether relabelling makes two series one, or the target exposes a series twice.",
  },
  {
    match: /Error on ingesting samples that are too old or are too far into the future/,
    why: "their timestamps are too old or in the future",
    fix: "Compare the clocks of the target and of Prometheus' node; honor_timestamps: false ignores the target's timestamps.",
  },
];

/**
 * Returns the last line of Prometheus' log whose text or message matches; undefined if there is none. The message has
 * no escapes and quotes, which may be within the text.
 */
function findLastLine(evidence: Evidence, pattern: RegExp): LogLine | undefined {
  return findLogLinesOfApp(evidence, "prometheus").findLast((line) =>
    pattern.test(`${line.text} ${getMessage(line)}`),
  );
}
