import { describe, expect, it } from "vitest";
import type { Baseline, Stack } from "../../../src/stack/stack.ts";
import { endChecks } from "../../../src/verify/catalogue.ts";
import { takeBaseline } from "../../../src/verify/checks/since-baseline.ts";
import { runChecks } from "../../../src/verify/runner/run.ts";
import { healthyWorld, podNames, uidOf, type World } from "../healthy-world.ts";
import { failureOf, openStack } from "../open-stack.ts";

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const grafana = { namespace: "monitoring", pod: podNames.grafana, container: "main", restarts: 0 };
const scraped = { job: "kubernetes-service-endpoints", instance: "10.42.0.5:8080" };

function baseline(changes: Partial<Baseline> = {}): Baseline {
  return {
    version: 1,
    takenAt: secondsAgo(90.5),
    containers: [grafana],
    targets: [scraped],
    headSeries: 10_000,
    storageBytes: 1024 ** 2,
    ...changes,
  };
}

/** What Prometheus knows of the last 90 seconds; `now` in seconds since the epoch. */
function quietTime(world: World, now = Date.now() / 1000): void {
  Object.assign(world.prometheus.queries, {
    'increase(container_oom_events_total{container!=""}[90s]) > 0': [],
    "min by (job, instance) (min_over_time(up[90s]))": [[scraped, 1]],
    "min by (job, instance) (up)": [[scraped, 1]],
    "max by (job, instance) (timestamp(up))": [[scraped, now - 1]],
    "count(up)": [[{}, 9]],
    'max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[90s]))': [],
  });
  world.prometheus.metrics +=
    "\nprometheus_tsdb_head_series 11000\nprometheus_tsdb_storage_blocks_bytes 2097152\n";
}

async function atEnd(
  id: string,
  change: (world: World) => void = () => {},
  changeStack: (stack: Stack) => Stack = (stack) => stack,
) {
  const world = healthyWorld();
  quietTime(world);
  change(world);
  await using open = await openStack(world);
  const stack = changeStack({ ...open.stack, baseline: baseline() });
  const { results } = await runChecks(stack, {
    checks: endChecks,
    only: [id],
    deadlineMs: 10_000,
    pauseMs: 10_000,
  });
  const [result] = results;
  if (result === undefined) throw new Error(`no result of ${id}`);
  return result;
}

describe("the checks at the end", () => {
  it.each(endChecks.map(({ id }) => id))("%s passes when all went well", async (id) => {
    expect(await atEnd(id)).toMatchObject({ status: "pass" });
  });

  it.each(endChecks.map(({ id }) => id))("%s is skipped without a first verification", async (id) => {
    const result = await atEnd(id, undefined, (stack) => ({ ...stack, baseline: undefined }));
    expect(result).toMatchObject({
      status: "skipped",
      reason: expect.stringContaining("not verified before"),
    });
  });
});

describe("nothing-restarted", () => {
  const statusOf = (world: World) => {
    const pod = world.kube.pods.find(({ metadata }) => metadata.name === podNames.grafana);
    return (pod as unknown as { status: { containerStatuses: Record<string, unknown>[] } }).status
      .containerStatuses[0];
  };

  it("names the container, how often, and how it ended", async () => {
    const result = await atEnd("nothing-restarted", (world) => {
      const lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
      Object.assign(statusOf(world) ?? {}, { restartCount: 2, lastState });
    });
    expect(failureOf(result)?.seen).toBe(
      `container main of pod monitoring/${podNames.grafana} restarted 2 times (OOMKilled, exit code 137)`,
    );
  });

  it("takes another pod of the same name for a restart, and misses a container", async () => {
    const since = (uid: string | undefined, container = "main") =>
      atEnd("nothing-restarted", undefined, (stack) => ({
        ...stack,
        baseline: baseline({
          containers: [{ ...grafana, container, ...(uid === undefined ? {} : { uid }) }],
        }),
      }));
    expect(await since(uidOf(podNames.grafana))).toMatchObject({ status: "pass" });
    expect(failureOf(await since("another"))?.seen).toBe(
      `pod monitoring/${podNames.grafana} was replaced by another of the same name`,
    );
    expect(failureOf(await since(undefined, "gone"))?.seen).toBe(
      `container gone of pod monitoring/${podNames.grafana} is not there`,
    );
  });

  it("takes a pod that is gone for a restart", async () => {
    const result = await atEnd("nothing-restarted", (world) => {
      world.kube.pods.splice(
        0,
        world.kube.pods.length,
        ...world.kube.pods.filter(({ metadata }) => metadata.name !== podNames.grafana),
      );
    });
    expect(failureOf(result)?.seen).toBe(`pod monitoring/${podNames.grafana} is gone`);
  });
});

describe("no-oom-kill", () => {
  it("does not pass on an empty list of pods", async () => {
    const result = await atEnd(
      "no-oom-kill",
      ({ kube, prometheus }) => {
        kube.pods = [];
        prometheus.config = "global: {}\n";
      },
      (stack) => ({ ...stack, rendered: [] }),
    );
    expect(failureOf(result)?.seen).toBe("the API server lists no pod");
  });

  it("sees a process that was killed in a container that lived on", async () => {
    const result = await atEnd("no-oom-kill", (world) => {
      world.prometheus.queries['increase(container_oom_events_total{container!=""}[90s]) > 0'] = [
        [{ namespace: "default", pod: "app", container: "main" }, 1],
      ];
    });
    expect(failureOf(result)?.seen).toBe("container main of pod default/app");
  });

  it("sees a container that was killed since the deployment, and none from before", async () => {
    const killed = (finishedAt: string) => (world: World) => {
      const pod = world.kube.pods.find(({ metadata }) => metadata.name === podNames.grafana);
      const [status] = (pod as unknown as { status: { containerStatuses: object[] } }).status
        .containerStatuses;
      const terminated = { exitCode: 137, reason: "OOMKilled", finishedAt };
      Object.assign(status ?? {}, { name: "grafana", lastState: { terminated } });
    };
    const result = await atEnd("no-oom-kill", killed(secondsAgo(30)));
    expect(failureOf(result)?.seen).toBe(`container grafana of pod monitoring/${podNames.grafana}`);
    expect(await atEnd("no-oom-kill", killed(secondsAgo(4_000)))).toMatchObject({ status: "pass" });
  });
});

describe("targets-held", () => {
  it.each([
    [
      "a scrape that failed meanwhile",
      "min by (job, instance) (min_over_time(up[90s]))",
      [[scraped, 0]],
      "was down at times",
    ],
    ["a target that is gone", "max by (job, instance) (timestamp(up))", [], "is not scraped any more"],
    [
      "a series that only lingers",
      "max by (job, instance) (timestamp(up))",
      [[scraped, Date.now() / 1000 - 250]],
      "was last scraped",
    ],
  ] as const)("sees %s", async (_, query, series, seen) => {
    const result = await atEnd("targets-held", (world) => {
      world.prometheus.queries[query] = series;
      world.prometheus.config = world.prometheus.config.replaceAll(
        /scrape_interval: \w+/g,
        "scrape_interval: 1s",
      );
    });
    expect(failureOf(result)?.seen).toContain(`kubernetes-service-endpoints 10.42.0.5:8080 ${seen}`);
  });
});

describe("no-alert-fired", () => {
  const fired = 'max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[90s]))';

  it("names an alert that nobody expected", async () => {
    const result = await atEnd("no-alert-fired", (world) => {
      world.prometheus.queries[fired] = ["Watchdog", "PodCrashLooping", "MonstackSyntheticAlert"].map(
        (alertname) => [{ alertname }, 1] as const,
      );
    });
    expect(failureOf(result)?.seen).toBe("PodCrashLooping");
  });

  it("does not take an empty Prometheus for a quiet one", async () => {
    const result = await atEnd("no-alert-fired", (world) => {
      world.prometheus.queries["count(up)"] = [];
    });
    expect(failureOf(result)?.seen).toBe("Prometheus holds no series at all");
  });
});

describe("growth", () => {
  it("warns of series that multiply", async () => {
    const result = await atEnd("growth", (world) => {
      world.prometheus.metrics = world.prometheus.metrics.replace("head_series 11000", "head_series 25001");
    });
    expect(result).toMatchObject({
      status: "warn",
      seen: expect.stringMatching(/^10000 to 25001 series in 2 minutes/),
    });
  });

  it("does not take a Prometheus that says nothing for one that did not grow", async () => {
    const result = await atEnd("growth", (world) => {
      world.prometheus.metrics = world.prometheus.metrics.replace(/prometheus_tsdb_head_series \d+/, "");
    });
    expect(result.status).toBe("warn");
  });
});

describe("takeBaseline", () => {
  it("notes the stack's containers and the targets that last", async () => {
    const world = healthyWorld();
    quietTime(world);
    await using open = await openStack(world);
    const taken = await takeBaseline(open.stack);
    expect(taken.containers).toHaveLength(
      world.kube.pods.filter(({ metadata }) => metadata.namespace === "monitoring").length,
    );
    expect(taken.targets.length).toBeGreaterThan(3);
    expect(taken).toMatchObject({ headSeries: 11_000, storageBytes: 2_097_152 + 2e6 });
  });
});
