import { explainConfigurationError } from "../configuration-errors.ts";
import type { Evidence } from "../evidence.ts";
import { needPrometheus, notPassed, quoteCheck, withFault } from "../failed.ts";
import { type LogLine, linesOf, quote, saidBy } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

const refused = /Error loading config|Error reloading config|error loading config from/;
const accepted = /Completed loading of configuration file/;
/** These say only that something went wrong; another line says what. */
const unspecific = /one or more errors occurred while applying|error loading rules, previous rule set/;
const ofRules = /loading groups failed|Error loading rule file patterns|parse rules from file/;
export const timeoutTooLong =
  /scrape timeout greater than scrape interval for scrape config with job name "([^"]*)"/;

/** The last complaint about the configuration that no good load came after. */
export function refusedConfiguration(evidence: Evidence): LogLine | undefined {
  const lines = linesOf(evidence, "prometheus");
  const good = lines.findLastIndex((line) => accepted.test(line.text));
  return lines.findLast(
    (line, index) =>
      index > good && refused.test(line.text) && !ofRules.test(line.text) && !unspecific.test(line.text),
  );
}

function explains(evidence: Evidence): readonly string[] {
  return notPassed(evidence, needPrometheus);
}

export const prometheusConfigInvalid: DiagnosisRule = {
  id: "prometheus-config-invalid",
  layer: "configuration",
  title: "Prometheus refuses its configuration",
  evidence: "Prometheus' log, of a start or of a reload; the metric prometheus_config_last_reload_successful",
  find: (evidence) => {
    const line = refusedConfiguration(evidence);
    if (line === undefined) return rejected(evidence);
    const message = saidBy(line);
    if (timeoutTooLong.test(message)) return [];
    const error = explainConfigurationError(message);
    return [
      {
        what: `Prometheus refuses its configuration${/reload/i.test(line.text) ? ", and goes on with the one before" : ""}: ${error.what}`,
        how: [quote(line)],
        fix: error.fix,
        explains: explains(evidence),
        keys: error.keys,
        values: error.values,
      },
    ];
  },
};

/** Only the metric says so: why is in no log that was read. */
function rejected(evidence: Evidence): readonly Finding[] {
  if (linesOf(evidence, "prometheus").some((line) => ofRules.test(line.text))) return [];
  return withFault(evidence, "config-rejected").map((check) => ({
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
    const lines = linesOf(evidence, "prometheus");
    const good = lines.findLastIndex((line) => accepted.test(line.text));
    const line = lines.findLast((one, index) => index > good && ofRules.test(one.text));
    if (line === undefined) return [];
    const { file, group, rule, why } = ruleError(saidBy(line));
    const which = rule === undefined ? "" : ` "${rule}" of group "${group}"`;
    return [
      {
        what: `Prometheus refuses the rule${which || `s in ${file}`}: ${why}`,
        how: [quote(line)],
        fix: `Correct ${rule === undefined ? file : `the rule ${rule}`}; \`promtool check rules\` finds such errors beforehand.`,
        explains: explains(evidence),
        values: [rule, group, /duration "([^"]*)"/.exec(why)?.[1]].filter((one) => one !== undefined),
      },
    ];
  },
};

/** `/etc/config/alerts: 5:15: group "node", rule 1, "HighCpu": could not parse expression: 1:38: parse error: ...` */
function ruleError(said: string) {
  const first = said.replace(/^.*?parse rules from file "[^"]*" \(pattern: "[^"]*"\): /s, "");
  const [, file = "the rule files", rest = first] =
    /^(?:[^/]*: )?(\/[^:\s]+): (?:\d+:\d+: )?(.*)$/s.exec(first.split("\n")[0] ?? "") ?? [];
  const [, group, rule, why] = /^group "([^"]*)", rule \d+, "([^"]*)": (.*)$/s.exec(rest) ?? [];
  return { file, group, rule, why: why ?? rest };
}

export const prometheusFlag: DiagnosisRule = {
  id: "prometheus-flag",
  layer: "configuration",
  title: "Prometheus is started with a flag that it doesn't know",
  evidence: "Prometheus' last words: `unknown long flag`",
  find: (evidence) => {
    const lines = [...linesOf(evidence, "prometheus"), ...linesOf(evidence, "alertmanager")];
    const line = lines.find(
      ({ text, isWell }) => !isWell && /unknown (?:long|short) flag '(-{1,2}[^']*)'/.test(text),
    );
    if (line === undefined) return [];
    const flag = /unknown (?:long|short) flag '(-{1,2}[^']*)'/.exec(line.text)?.[1] ?? "";
    const bare = flag.replace(/^-+/, "");
    const removed = bare === "storage.tsdb.retention";
    const program = /prometheus: error|Error parsing command/.test(line.text) ? "Prometheus" : "The program";
    return [
      {
        what: `${program} does not know the flag ${flag} that it is started with`,
        how: [quote(line)],
        fix: removed
          ? "Use --storage.tsdb.retention.time (server.retention in the chart's values): the flag was removed in Prometheus 3."
          : `Correct or remove ${bare} (server.extraFlags or server.extraArgs in the chart's values).`,
        explains: explains(evidence),
        keys: [bare, "extraFlags", "extraArgs"],
        values: [bare, flag],
      },
    ];
  },
};
