import type { Panel } from "../dashboards/dashboard.ts";
import { formatList } from "../lib/text.ts";
import type { PanelRequest } from "./grafana.ts";
import type { Stack } from "./stack.ts";

export type Severity = "error" | "warning";

/** One assertion about the deployed stack. docs/checks.md is generated from these fields. */
export interface Check {
  /** Stable, kebab case: `targets-up`. */
  readonly id: string;
  readonly title: string;
  /** A failing `warning` doesn't fail the run. */
  readonly severity: Severity;
  /** What a failure means for the user. */
  readonly meaning: string;
  /** How to fix a failure. */
  readonly fix: string;
  /** Time limit of this check in milliseconds. Undefined: the limit of the run. */
  readonly withinMs?: number | undefined;
  /**
   * Set for a check that passes because something is absent. It may pass only after the runner has proven that the data is
   * complete: every target was scraped twice (`targets`), and the rules were evaluated since (`rules`).
   */
  readonly absence?: "targets" | "rules" | undefined;
  /**
   * Makes one attempt. The runner calls it until it passes or the time is up; anything it throws becomes an `error`.
   * @param coverage for a check of absence: taken before this attempt; undefined if it could not be taken
   */
  run(stack: Stack, coverage?: Coverage): Promise<Verdict>;
}

export type Verdict =
  | { readonly status: "pass"; readonly seen: string; readonly findings?: Findings }
  | {
      readonly status: "fail";
      readonly expected: string;
      readonly seen: string;
      readonly cause?: string;
      readonly fix?: string;
      /** Set if waiting can't change the verdict. */
      readonly final?: boolean;
      /** The known fault behind it; the verdict is final when the same fault has lasted for its grace period. */
      readonly fault?: Fault;
      readonly findings?: Findings;
    }
  | { readonly status: "skipped"; readonly reason: string; readonly findings?: Findings };

export type FailVerdict = Extract<Verdict, { status: "fail" }>;

/** Whether Prometheus has scraped and evaluated enough to see whatever is wrong. */
export type Coverage =
  /** `rest`: what was not waited for, to be appended to a sentence; empty if there is nothing. */
  | { readonly status: "complete"; readonly rest: string }
  | {
      readonly status: "incomplete";
      /** What is missing, e.g. `target http://... was never scraped`. */
      readonly why: string;
      readonly cause: string;
      readonly fault: Fault;
      /** The check that reports it. If that check is part of the run, the others end as skipped instead of failing. */
      readonly reportedBy: "targets-up" | "rules-healthy";
    };

/** A known fault. */
export interface Fault {
  /** Stable, kebab case: `target-refused`. The diagnosis uses it. */
  readonly id: string;
  /** Grace period in milliseconds: the fault may disappear by itself that long. */
  readonly graceMs: number;
}

/** Details of a check's result, for the report and the diagnosis. */
export interface Findings {
  readonly targets?: readonly TargetFinding[];
  readonly dashboards?: readonly DashboardFinding[];
  readonly checklist?: readonly PointFinding[];
  readonly drawable?: readonly DrawableDashboard[];
}

/** A dashboard with all that is needed to draw its panels. */
export interface DrawableDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly DrawablePanel[];
}

/** A panel that was queried. */
export interface DrawablePanel {
  /** With the content of its library panel. */
  readonly panel: Panel;
  readonly finding: PanelFinding;
  /** Its queries with variables filled in, those of hidden ones left out; empty if they had no data or are too long. */
  readonly queries: readonly DrawableQuery[];
}

/** A query of a panel that can be sent again. */
export interface DrawableQuery {
  readonly request: PanelRequest;
  /** How a series is named, variables filled in. */
  readonly legend: string | undefined;
}

/** The evidence for and against a point of the production checklist. */
interface PointFinding {
  /** Of the point's check. */
  readonly id: string;
  readonly lines: readonly { readonly met: boolean; readonly text: string }[];
}

/** An active target of Prometheus. */
export interface TargetFinding {
  readonly job: string;
  readonly url: string;
  readonly health: string;
  /** Empty if the last scrape succeeded. */
  readonly lastError: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The results of a dashboard's panels. */
export interface DashboardFinding {
  readonly uid: string;
  readonly title: string;
  readonly folder: string | undefined;
  readonly panels: readonly PanelFinding[];
}

export interface PanelFinding {
  /** Unique within its dashboard. */
  readonly id: number;
  readonly title: string;
  /** The title of its row. */
  readonly row: string | undefined;
  readonly type: string;
  /**
   * `partial`: some queries have data, others have none. `static`: no queries (text, links). `unsupported`: its queries don't
   * go to Prometheus, or are not in the dashboard.
   */
  readonly status: "data" | "partial" | "empty" | "error" | "static" | "unsupported";
  /** The reason, in a sentence, if the panel is empty, partly empty or failing. */
  readonly why: string | undefined;
  /** The queries as sent, with variables filled in. */
  readonly queries: readonly string[];
  /** Whether the baseline file lists it as empty. */
  readonly known: boolean;
}

/** The result of a check in results.json. */
export type CheckResult = {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly attempts: number;
} & (
  | { readonly status: "pass"; readonly seen: string }
  | {
      readonly status: "fail" | "warn";
      readonly expected: string;
      readonly seen: string;
      readonly cause?: string | undefined;
      /** The id of the known fault. */
      readonly fault?: string | undefined;
      /** Former ids of the fault. */
      readonly faultAliases?: readonly string[] | undefined;
      readonly fix: string;
      /** A limit of the verdict, e.g. `one observation within 10 s`. */
      readonly note?: string | undefined;
    }
  /** The check could not be made: a transport error, or a response that can't be parsed. Never counts as passed. */
  | {
      readonly status: "error";
      readonly error: string;
      readonly fix: string;
      readonly note?: string | undefined;
    }
  | { readonly status: "skipped"; readonly reason: string }
);

/** True if a run is verified: a check of severity `error` passed, and none of them failed. */
export function isVerified(results: readonly CheckResult[]): boolean {
  const statuses = results.filter(({ severity }) => severity === "error").map(({ status }) => status);
  return statuses.includes("pass") && !statuses.includes("fail") && !statuses.includes("error");
}

/** Returns a passed verdict with what was seen. */
export function pass(seen: string): Verdict {
  return { status: "pass", seen };
}

/** Returns a skipped verdict with its reason. */
export function skip(reason: string): Verdict {
  return { status: "skipped", reason };
}

/** Returns the verdict of a check whose service is not part of the stack. */
export function skipNotDeployed(service: string): Verdict {
  return skip(`${service} is not part of this stack`);
}

/** One problem that a check found. */
export interface Problem {
  /** As part of the verdict's `seen`. */
  readonly line: string;
  readonly cause?: string | undefined;
  readonly fix?: string | undefined;
  readonly fault?: Fault | undefined;
}

/** Returns the failure that lists all problems; cause, fix and fault are those of the first one. Passes without problems. */
export function judgeProblems(
  problems: readonly Problem[],
  expected: string,
  describeSuccess: () => string,
): Verdict {
  const [first] = problems;
  if (first === undefined) return pass(describeSuccess());
  const { cause, fix, fault } = first;
  return {
    status: "fail",
    expected,
    seen: formatList([...new Set(problems.map(({ line }) => line))]),
    ...(cause === undefined ? {} : { cause }),
    ...(fix === undefined ? {} : { fix }),
    ...(fault === undefined ? {} : { fault }),
  };
}
