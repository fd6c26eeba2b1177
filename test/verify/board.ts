import type { VerifyConfig } from "../../src/config/schema.ts";
import type { PanelFinding } from "../../src/stack/check.ts";
import { runChecks } from "../../src/verify/runner/run.ts";
import { judge } from "../support/expressions.ts";
import type { FakeGrafana } from "../support/fake-grafana.ts";
import { withFastHost } from "./fast-host.ts";
import { healthyWorld, type World } from "./healthy-world.ts";
import { openStack } from "./open-stack.ts";

export const cadvisor = {
  __name__: "container_memory_working_set_bytes",
  job: "cadvisor",
  pod: "p-1",
  container: "c",
};

const known = [
  { __name__: "up", job: "node", instance: "a:9100" },
  { __name__: "up", job: "node", instance: "b:9100" },
  { __name__: "up", job: "prometheus", instance: "p:9090" },
  { __name__: "node_uname_info", job: "node", instance: "a:9100", nodename: "a" },
  { __name__: "node_uname_info", job: "node", instance: "b:9100", nodename: "b" },
  { __name__: "node_cpu_seconds_total", job: "node", instance: "a:9100", mode: "idle" },
  { __name__: "node_scrape_collector_success", job: "node", collector: "cpu" },
  { __name__: "node_softirqs_functions_total", job: "node" },
  { __name__: "kube_pod_status_phase", job: "ksm", phase: "Running" },
  { __name__: "kube_pod_status_phase", job: "ksm", phase: "Failed" },
  cadvisor,
];

export type Model = Record<string, unknown>;

export interface Tried {
  readonly panels: readonly Model[];
  readonly model?: Model;
  readonly verify?: Partial<VerifyConfig>;
  readonly change?: (grafana: FakeGrafana, world: World) => void;
  readonly deadlineMs?: number;
  /** How much faster than the clock on the wall time goes by. */
  readonly speed?: number;
}

/** Runs the check on one dashboard; scraped every 2 s. */
export async function tried({
  panels,
  model = {},
  verify = {},
  change = () => {},
  deadlineMs = 1_000,
  speed = 1,
}: Tried) {
  const world = healthyWorld();
  world.prometheus.config = "global: { scrape_interval: 2s }\n";
  const { grafana } = world;
  grafana.series.series.splice(0, Infinity, ...known);
  grafana.dashboards = [{ uid: "b", title: "Board", model: { title: "Board", panels, ...model } }];
  change(grafana, world);
  // The stand-in for Grafana asks the judge: its start is no part of what is timed.
  await judge.ask("expression", [{ text: "up" }]);
  await using open = await openStack(world);
  const stack = {
    ...withFastHost(open.stack, speed),
    verify: { ...open.stack.verify, dashboardBaseline: "/nowhere/baseline.json", ...verify },
  };
  const { results, findings } = await runChecks(stack, {
    only: ["dashboard-panels"],
    deadlineMs,
    pauseMs: 50,
  });
  const found = findings.dashboards?.[0]?.panels ?? [];
  const drawable = findings.drawable?.[0]?.panels ?? [];
  return { result: results[0], panels: found, drawable, asked: open.servers.grafana.received };
}

let next = 1000;
export function panel(expr: string | readonly string[], more: Model = {}): Model {
  const targets = [expr].flat().map((one) => ({ expr: one }));
  return { id: next++, type: "timeseries", title: `panel of ${[expr].flat()[0]}`, targets, ...more };
}

/** What became of one panel. */
export async function one(model: Model, more: Partial<Tried> = {}): Promise<PanelFinding | undefined> {
  return (await tried({ panels: [model], ...more })).panels[0];
}
