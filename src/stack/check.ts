import type { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import type { VerifyConfig } from "../config/schema.ts";
import type { Context } from "../host/host.ts";
import type { Plan } from "../model/plan.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { Expressions } from "../promql/expressions.ts";
import type { Baseline } from "./baseline-record.ts";

export type Severity = "error" | "warning";

/** One assertion about the live stack; a file each in checks/. docs/checks.md is made from these fields. */
export interface Check {
  /** Stable, kebab case: `targets-up`. */
  readonly id: string;
  readonly title: string;
  /** A failing `warning` doesn't fail the run. */
  readonly severity: Severity;
  /** What it means for the user when this fails. */
  readonly meaning: string;
  /** How to fix it. */
  readonly fix: string;
  /** Milliseconds that it has until it must pass, with or without an answer. Undefined: as long as the others. */
  readonly withinMs?: number | undefined;
  /**
   * It passes because something is not there, or is not too much. Then it may pass only after the runner has proven that it
   * could have seen it: every target was scraped twice (`targets`), and the rules were evaluated since (`rules`).
   */
  readonly absence?: "targets" | "rules" | undefined;
  /**
   * One attempt. Called again until it passes or the deadline is there; anything it throws becomes an `error`.
   * @param sight of a check of absence, taken before this attempt; undefined if it could not be taken
   */
  run(stack: Stack, sight?: Sight): Promise<Verdict>;
}

export type Verdict =
  | { readonly status: "pass"; readonly seen: string; readonly findings?: Findings }
  | {
      readonly status: "fail";
      readonly expected: string;
      readonly seen: string;
      readonly cause?: string;
      readonly fix?: string;
      /** Waiting longer can't change it. */
      readonly final?: boolean;
      /** What it is, when that is known; final when the same one has lasted for its grace. */
      readonly fault?: Fault;
      readonly findings?: Findings;
    }
  | { readonly status: "skipped"; readonly reason: string; readonly findings?: Findings };

/** Whether Prometheus could have seen something that is wrong. */
export type Sight =
  /** `rest`: what was not waited for, as the end of a sentence; empty if there is nothing of that kind. */
  | { readonly status: "clear"; readonly rest: string }
  | {
      readonly status: "blind";
      /** Why, e.g. `target http://... was never scraped`. */
      readonly why: string;
      readonly cause: string;
      readonly fault: Fault;
      /** The check that reports it. Where that one is part of the run, the others are skipped in the end, and do not fail. */
      readonly reportedBy: "targets-up" | "rules-healthy";
    };

/** A known way to fail. */
export interface Fault {
  /** Stable, kebab case: `target-refused`. The diagnosis builds on it. */
  readonly id: string;
  /** How long it may heal by itself, in milliseconds. */
  readonly graceMs: number;
}

/** What a check saw in detail, for the report and for the diagnosis. */
export interface Findings {
  readonly targets?: readonly TargetFinding[];
  readonly dashboards?: readonly DashboardFinding[];
  readonly checklist?: readonly PointFinding[];
}

/** The evidence for and against a point of the production checklist. */
export interface PointFinding {
  /** Of its check. */
  readonly id: string;
  readonly lines: readonly { readonly met: boolean; readonly text: string }[];
}

/** An active target of Prometheus. */
export interface TargetFinding {
  readonly job: string;
  readonly url: string;
  readonly health: string;
  /** Empty when the last scrape went well. */
  readonly lastError: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What became of a dashboard's panels. */
export interface DashboardFinding {
  readonly uid: string;
  readonly title: string;
  readonly folder: string | undefined;
  readonly panels: readonly PanelFinding[];
}

export interface PanelFinding {
  /** Within its dashboard. */
  readonly id: number;
  readonly title: string;
  /** The title of the row that it is in. */
  readonly row: string | undefined;
  readonly type: string;
  /**
   * `partial`: some of its queries have data, others have none. `static`: it asks nothing (text, links). `unsupported`: what it
   * asks is not Prometheus, or not in the dashboard.
   */
  readonly status: "data" | "partial" | "empty" | "error" | "static" | "unsupported";
  /** Of an empty, partly empty or failing one: why, in a sentence. */
  readonly why: string | undefined;
  /** The queries as they were asked, variables filled in. */
  readonly queries: readonly string[];
  /** The baseline file names it as empty. */
  readonly known: boolean;
}

/** A check's outcome as it stands in results.json. */
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
      /** The id of the known way to fail. */
      readonly fault?: string | undefined;
      /** Former ids of the fault. */
      readonly faultAliases?: readonly string[] | undefined;
      readonly fix: string;
      /** What limits the verdict, e.g. `one observation within 10 s`. */
      readonly note?: string | undefined;
    }
  /** The check could not be made: a transport error, an answer that can't be parsed. Never counted as passed. */
  | {
      readonly status: "error";
      readonly error: string;
      readonly fix: string;
      readonly note?: string | undefined;
    }
  | { readonly status: "skipped"; readonly reason: string }
);

/** What the checks look at. A service that isn't deployed is undefined, and its checks are skipped with that reason. */
export interface Stack {
  readonly context: Context;
  readonly plan: Plan;
  readonly rendered: readonly RenderedApp[];
  readonly kube: KubeConfig;
  readonly core: CoreV1Api;
  readonly expressions: Expressions;
  readonly prometheus: HttpEndpoint | undefined;
  readonly alertmanager: HttpEndpoint | undefined;
  readonly grafana: (HttpEndpoint & { readonly user: string; readonly password: string }) | undefined;
  /** What its images must be; undefined without a lock. */
  readonly images: LockedImages | undefined;
  /** What this call of monstack wants to be checked. */
  readonly verify: VerifyConfig;
  /** How it stood when it was verified; undefined the first time. */
  readonly baseline: Baseline | undefined;
  /** Absolute paths of the backups that monstack wrote of it, the oldest first. */
  readonly backups?: readonly string[] | undefined;
  /** When the deployment began, ISO 8601: what was evaluated or scraped before doesn't count. */
  readonly deployedAt: string;
}

/** The images of a lock, with all that the cluster may call them. */
export interface LockedImages {
  /** How messages call the lock: `monstack.lock`. */
  readonly lockedBy: string;
  readonly images: readonly {
    /** Whole: `docker.io/grafana/grafana:13.2.0`. */
    readonly image: string;
    /** As it is locked. */
    readonly digest: string;
    /** The same, and where it is known those of the manifest for this machine and of its configuration. */
    readonly digests: readonly string[];
  }[];
  /** Those that it names without a digest, since no registry has them. */
  readonly unlocked?: readonly string[];
}

export interface HttpEndpoint {
  /** Where this host reaches it, with the path that it serves below: `http://10.43.0.7:80`, `https://localhost:9090/prometheus`. */
  readonly url: string;
  /** The service behind it. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  /** Finds the addresses of its pods, where it has several and this host reaches them; a request to the service comes to any. */
  readonly replicas?: (() => Promise<readonly string[]>) | undefined;
}

/** What a server requires of who asks it. */
export type ServerLogin =
  | {
      readonly kind: "password";
      readonly user: string;
      readonly password: string;
      /** Where the configuration has it, e.g. `Grafana's data source Metrics`. */
      readonly from: string;
    }
  /** The configuration has no password, only who may log in. */
  | { readonly kind: "missing"; readonly users: readonly string[]; readonly where: string }
  /** A certificate of the client, which monstack has none of. */
  | { readonly kind: "certificate"; readonly where: string };

export function pass(seen: string): Verdict {
  return { status: "pass", seen };
}

export function skipped(reason: string): Verdict {
  return { status: "skipped", reason };
}

/** For a check whose service is not part of the stack. */
export function notDeployed(what: string): Verdict {
  return skipped(`${what} is not part of this stack`);
}
