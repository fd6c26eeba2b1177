import type { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import type { RenderedApp } from "../deploy/types.ts";
import type { Context } from "../host/host.ts";
import type { Plan } from "../plan/types.ts";

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
  /** How to mend it. */
  readonly mend: string;
  /** One attempt. Called again until it passes or the deadline is there; anything it throws becomes an `error`. */
  run(stack: Stack): Promise<Verdict>;
}

export type Verdict =
  | { readonly status: "pass"; readonly seen: string }
  | {
      readonly status: "fail";
      readonly expected: string;
      readonly seen: string;
      readonly cause?: string;
      readonly mend?: string /** Waiting longer can't change it. */;
      readonly final?: boolean;
    }
  | { readonly status: "skipped"; readonly reason: string };

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
      readonly mend: string;
    }
  /** The check could not be made: a transport error, an answer that can't be parsed. Never counted as passed. */
  | { readonly status: "error"; readonly error: string; readonly mend: string }
  | { readonly status: "skipped"; readonly reason: string }
);

/** What the checks look at. A service that isn't deployed is undefined, and its checks are skipped with that reason. */
export interface Stack {
  readonly context: Context;
  readonly plan: Plan;
  readonly rendered: readonly RenderedApp[];
  readonly kube: KubeConfig;
  readonly core: CoreV1Api;
  readonly prometheus: HttpEndpoint | undefined;
  readonly alertmanager: HttpEndpoint | undefined;
  readonly grafana: (HttpEndpoint & { readonly user: string; readonly password: string }) | undefined;
  /** When the deployment began, ISO 8601: what was evaluated or scraped before doesn't count. */
  readonly deployedAt: string;
}

export interface HttpEndpoint {
  /** Where this host reaches it, e.g. `http://10.43.0.7:80` or `http://127.0.0.1:9090`. */
  readonly url: string;
  /** The service behind it. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
}
