import { createChecksSchema, type OwnCheck } from "../../../src/config/checks/own-checks.ts";
import type { CheckResult } from "../../../src/stack/check.ts";
import type { Stack } from "../../../src/stack/stack.ts";
import { runChecks } from "../../../src/verify/runner/run.ts";
import { createUserChecks as toChecks } from "../../../src/verify/user-checks/user-checks.ts";
import { parseData } from "../../../src/yaml/mistakes.ts";
import { answerAsKubeApi } from "../../support/fake-kube-api.ts";
import { answerAsPrometheus, type FakePrometheus } from "../../support/fake-prometheus.ts";
import { closedUrl, type Received, type Reply, serve } from "../../support/local-server.ts";
import { healthyWorld } from "../healthy-world.ts";
import { stackAt, type Urls } from "../open-stack.ts";

/** A check as it would be read from the file, called `a`. */
export function ownCheck(given: Record<string, unknown>): OwnCheck {
  const parsed = parseData(createChecksSchema({ folder: "/", home: undefined }), [{ name: "a", ...given }]);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const [check] = parsed.value;
  if (check === undefined) throw new Error("no check");
  return check;
}

export interface Asking {
  readonly env?: Record<string, string>;
  readonly deadlineMs?: number;
  readonly pauseMs?: number;
  readonly change?: (stack: Stack) => Stack;
}

/** One attempt at a check, unless told otherwise, against servers of which those that aren't named answer nothing. */
export async function resultOf(
  given: Record<string, unknown>,
  urls: Partial<Urls>,
  asking: Asking = {},
): Promise<CheckResult> {
  const { env = {}, deadlineMs = 10_000, pauseMs = 20_000, change = (stack: Stack) => stack } = asking;
  const none = await closedUrl();
  await using kube = await serve((request) => answerAsKubeApi(healthyWorld().kube, request));
  const all = {
    prometheus: none,
    alertmanager: none,
    grafana: none,
    kube: urls.prometheus === undefined ? none : kube.url,
    ...urls,
  };
  const stack = change(await stackAt(all, healthyWorld()));
  const { checks } = toChecks([ownCheck(given)], { env, namespace: "monitoring" });
  const { results } = await runChecks(stack, { checks, deadlineMs, pauseMs });
  const [result] = results;
  if (result === undefined) throw new Error("no result");
  return result;
}

type Series = readonly [labels: Record<string, string>, value: number | string];

export interface Answers {
  /** From an expression to its series; what isn't named has none. A reply is sent as it is. */
  readonly queries?: Record<string, readonly Series[] | Reply>;
  /** The same for range queries: every series with values, a second apart. */
  readonly ranges?: Record<
    string,
    readonly (readonly [Record<string, string>, readonly (number | string)[]])[]
  >;
  readonly names?: readonly string[];
  /** How many scrapes of each target have succeeded; default many. */
  readonly scrapes?: number;
}

/** Seconds since the epoch, so long ago. */
export function ago(seconds: number): number {
  return Date.now() / 1000 - seconds;
}

/** A stand-in for Prometheus; scraped every 15 s. */
export function prometheus({ queries = {}, ranges = {}, names = [], scrapes }: Answers) {
  const healthy: FakePrometheus = { ...healthyWorld().prometheus };
  if (scrapes !== undefined) healthy.scrapes = () => scrapes;
  return serve((request: Received): Reply => {
    const { path } = request;
    const url = new URL(path, "http://prometheus");
    const expression = url.searchParams.get("query") ?? "";
    const now = Date.now() / 1000;
    switch (url.pathname) {
      case "/api/v1/status/config":
        return good({ yaml: "global: {scrape_interval: 15s}\n" });
      case "/api/v1/label/__name__/values":
        return good(names);
      case "/api/v1/query": {
        if (expression.startsWith("sum_over_time(up[")) return answerAsPrometheus(healthy, request);
        if (expression === "time()") return good({ resultType: "scalar", result: [now, String(now)] });
        const series = queries[expression] ?? [];
        if (!Array.isArray(series)) return series as Reply;
        const result = (series as readonly Series[]).map(([metric, value]) => ({
          metric,
          value: [now, String(value)],
        }));
        return good({ resultType: "vector", result });
      }
      case "/api/v1/query_range": {
        const start = Number(url.searchParams.get("start"));
        const result = (ranges[expression] ?? []).map(([metric, values]) => ({
          metric,
          values: values.map((value, index) => [start + index, String(value)]),
        }));
        return good({ resultType: "matrix", result });
      }
      default:
        return answerAsPrometheus(healthy, request);
    }
  });
}

function good(data: unknown): Reply {
  return { body: { status: "success", data } };
}

/** What Prometheus says to a question that it can't answer. */
export function bad(errorType: string, error: string, status = 400): Reply {
  return { status, body: { status: "error", errorType, error } };
}
