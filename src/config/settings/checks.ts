import {
  flag,
  inKey,
  listOf,
  type Parser,
  path,
  splitList,
  text,
  wholeNumber,
  yesOrNo,
} from "../../yaml/parsers.ts";
import { allowed, belowWorkspace, same } from "./setting.ts";

const checkId = text("a check's id, or a pattern of ids like grafana-*", (id) => /^[a-z0-9/*-]+$/.test(id));
const alertName = text("an alert's name");

/** Checks that are left out, each with the reason that the report shows. */
export type SkippedChecks = Readonly<Record<string, string>>;

const withoutReason = "left out on request";

/** `id` or `id=reason`. */
const skipped: Parser<readonly [string, string]> = (given, base) => {
  const [id = "", reason] = typeof given === "string" ? given.split(/=(.*)/s, 2) : [];
  const parsed = checkId(typeof given === "string" ? id.trim() : given, base);
  return "problems" in parsed ? parsed : { value: [parsed.value, reason?.trim() || withoutReason] };
};

function collected(parse: Parser<readonly (readonly [string, string])[]>): Parser<SkippedChecks> {
  return (given, base) => {
    const parsed = parse(given, base);
    return "problems" in parsed ? parsed : { value: Object.fromEntries(parsed.value) };
  };
}

/** A list of ids, or a mapping from an id to the reason. */
const skippedInFile: Parser<SkippedChecks> = (given, base) => {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return collected(listOf(skipped, "a list of ids, or ids with a reason each"))(given, base);
  const problems = Object.entries(given).flatMap(([id, reason]) => {
    const [ofId, ofReason] = [checkId(id, base), text("a reason")(reason, base)];
    const problems = [
      ...("problems" in ofId ? inKey(ofId.problems) : []),
      ...("problems" in ofReason ? ofReason.problems : []),
    ];
    return problems.map((one) => ({ ...one, at: [id] }));
  });
  if (problems.length > 0) return { problems };
  return { value: given as SkippedChecks };
};

/** What is checked on the live stack, and how strictly. */
export const checkSettings = {
  checks: {
    ...same(
      listOf(checkId, "a list of ids"),
      ["verify", "only"],
      allowed,
      "ID,ID",
      "all",
      "Make only these checks; ids or patterns like grafana-*",
    ),
    fromText: splitList(checkId, /[,\n]/),
  },
  skip: {
    ...same(
      skippedInFile,
      ["verify", "skip"],
      allowed,
      "ID[=WHY]",
      "",
      "Leave these checks out; ids or patterns, with =WHY for the report, separated by commas",
    ),
    fromText: collected(splitList(skipped, /[,\n]/)),
  },
  "verify-at-end": {
    ...same(
      flag,
      ["verify", "at-end"],
      allowed,
      "true|false",
      "false",
      "Check the stack once more before the teardown: that it held, and that nothing restarted or fired meanwhile",
    ),
    fromText: yesOrNo,
  },
  "expect-alerts": {
    ...same(
      listOf(alertName, "a list of alerts' names"),
      ["verify", "expect-alerts"],
      allowed,
      "A,B",
      "Watchdog, InfoInhibitor",
      "Alerts that may fire without the stack being called unhealthy",
    ),
    fromText: splitList(alertName, /[,\n]/),
  },
  "max-series": same(
    wholeNumber,
    ["verify", "max-series"],
    allowed,
    "COUNT",
    "1000000",
    "How many series Prometheus may hold in its head block",
  ),
  "max-dead-panels": same(
    wholeNumber,
    ["verify", "max-dead-panels"],
    allowed,
    "COUNT",
    "as many as the baseline file names, else any number with a warning",
    "How many panels of a dashboard may show nothing",
  ),
  "dashboard-baseline": same(
    path,
    ["verify", "dashboard-baseline"],
    belowWorkspace,
    "PATH",
    "monstack-dashboards.json beside the configuration file, if it is there",
    "The panels that are known to show nothing; only others are news",
  ),
  "update-baseline": {
    ...same(
      flag,
      ["verify", "update-baseline"],
      allowed,
      "true|false",
      "false",
      "Write the panels that show nothing now into the baseline file",
    ),
    fromText: yesOrNo,
  },
};
