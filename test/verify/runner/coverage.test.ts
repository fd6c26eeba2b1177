import { describe, expect, it } from "vitest";
import { checklistChecks } from "../../../src/checklist/catalogue.ts";
import { limits } from "../../../src/checklist/limits.ts";
import type { Check } from "../../../src/stack/check.ts";
import { allChecks, endChecks } from "../../../src/verify/catalogue.ts";
import { runChecks } from "../../../src/verify/runner/run.ts";
import type { FakePrometheus } from "../../support/fake-prometheus.ts";
import { withFastHost } from "../fast-host.ts";
import { healthyWorld, target, type World } from "../healthy-world.ts";
import { checkIn, openStack } from "../open-stack.ts";

/** Every way in which a stack can look quiet because Prometheus has seen nothing yet. */
const unseeing: readonly (readonly [
  what: string,
  change: (prometheus: FakePrometheus) => void,
  why: RegExp,
])[] = [
  [
    "no target yet",
    (prometheus) => {
      prometheus.targets = [];
    },
    /^Prometheus has no target$/,
  ],
  [
    "targets that were scraped only once",
    (prometheus) => {
      prometheus.scrapes = () => 1;
    },
    /^target \S+ of job \S+ was scraped only once since the deployment/,
  ],
  [
    "a target that the cluster leads one to expect, and that is missing",
    (prometheus) => {
      prometheus.targets = prometheus.targets.filter(
        ({ scrapePool }) => scrapePool !== "kubernetes-nodes-cadvisor",
      );
    },
    /^job kubernetes-nodes-cadvisor has 0 of 1 target for node lab-1$/,
  ],
];

const passing: Check = {
  id: "probe",
  title: "probe",
  severity: "error",
  absence: "rules",
  meaning: "m",
  fix: "m",
  run: async () => ({ status: "pass", seen: "nothing wrong" }),
};

async function probe(
  change: (world: World) => void,
  check: Partial<Check> = {},
  options: { deadlineMs?: number; pauseMs?: number; speed?: number; others?: readonly Check[] } = {},
) {
  const world = healthyWorld();
  change(world);
  await using open = await openStack(world);
  const { speed = 1, others = [], ...times } = options;
  const stack = withFastHost(open.stack, speed);
  const run = {
    deadlineMs: 10_000,
    pauseMs: 10_000,
    checks: [{ ...passing, ...check }, ...others],
    ...times,
  };
  const [result] = (await runChecks(stack, run)).results;
  return { result, received: open.servers.prometheus.received };
}

describe("a check of absence does not pass before Prometheus could have seen anything", () => {
  it.each(unseeing)("%s", async (_, change, why) => {
    const { result } = await probe(({ prometheus }) => change(prometheus));
    expect(result).toMatchObject({ status: "fail", seen: expect.stringMatching(why) });
  });

  it("rules that were evaluated before all targets were scraped twice", async () => {
    const evaluatedAt = Date.now() - 1000;
    const early = ({ prometheus }: World) => {
      prometheus.scrapes = (_, at) => (at * 1000 > evaluatedAt + 500 ? 2 : 1);
    };
    expect((await probe(early)).result).toMatchObject({
      status: "fail",
      seen: "rule group pods was not evaluated since all targets were scraped twice",
      fault: "sight-not-evaluated",
    });
    expect((await probe(early, { absence: "targets" })).result).toMatchObject({ status: "pass" });
  });

  it("a scrape that was under way when the rules were evaluated does not count", async () => {
    const evaluatedAt = Date.now() - 1000;
    const slow = (seconds: number) =>
      probe(({ prometheus }) => {
        prometheus.scrapes = (_, at) => (at * 1000 > evaluatedAt - 500 ? 2 : 1);
        for (const one of prometheus.targets) one["lastScrapeDuration"] = seconds;
      });
    expect((await slow(0.2)).result).toMatchObject({ status: "pass" });
    expect((await slow(2)).result).toMatchObject({ status: "fail", fault: "sight-not-evaluated" });
  });

  it("what is scraped or evaluated rarely is not waited for, but named", async () => {
    const evaluatedAt = Date.now() - 60_000;
    const { result } = await probe(({ prometheus }) => {
      const [first] = prometheus.rules;
      const rules = (first?.rules ?? []).map((rule) => ({
        ...rule,
        lastEvaluation: new Date(evaluatedAt).toISOString(),
      }));
      prometheus.rules.push({ name: "rare", file: "f", interval: 180, rules });
      prometheus.targets.push({ ...target("rare", "http://10.9.9.9/metrics", {}), scrapeInterval: "10m" });
      prometheus.scrapes = ({ scrapePool }, at) =>
        scrapePool === "rare" ? 1 : at * 1000 > evaluatedAt + 500 ? 2 : 1;
    });
    expect(result).toMatchObject({
      status: "pass",
      seen: "nothing wrong; not evaluated since all targets were scraped twice: rare (every 180 s)",
    });
  });

  describe("a target that is down blocks nothing for good: the check says that it could not look", () => {
    const line = "target http://10.9.9.9:80/metrics of job shop was never scraped";
    const shopIsDown = ({ prometheus }: World) => {
      const down = { health: "down", lastError: "connection refused" };
      prometheus.targets.push({ ...target("shop", "http://10.9.9.9:80/metrics", {}), ...down });
    };
    const times = { deadlineMs: 60_000, pauseMs: 500, speed: 50 };

    it("and is skipped where another check of the run reports the target", async () => {
      const known = {
        ...passing,
        id: "targets-up",
        run: async () => ({ status: "skipped", reason: "known" }) as const,
      };
      const { result } = await probe(shopIsDown, {}, { ...times, others: [known] });
      const reason = `could not look: ${line} (see targets-up)`;
      expect(result).toMatchObject({ status: "skipped", reason });
    });

    it("and fails where none does", async () => {
      const { result } = await probe(shopIsDown, {}, times);
      expect(result).toMatchObject({ status: "fail", seen: line, fault: "sight-target-down" });
    });
  });

  it("what it finds is reported all the same", async () => {
    const bad = { expected: "quiet", seen: "loud", status: "fail" } as const;
    const { result } = await probe(({ prometheus }) => unseeing[0]?.[1](prometheus), {
      run: async () => bad,
    });
    expect(result).toMatchObject({ status: "fail", seen: "loud" });
  });

  it("the proof comes before the look: what was scraped in between could be seen by neither", async () => {
    let looks = 0;
    const world = healthyWorld();
    world.prometheus.scrapes = () => 1;
    await using open = await openStack(world);
    const run = async () => {
      looks += 1;
      world.prometheus.scrapes = () => 2;
      return { status: "pass", seen: `look ${looks}` } as const;
    };
    const options = { deadlineMs: 10_000, pauseMs: 10, checks: [{ ...passing, run }] };
    const [result] = (await runChecks(open.stack, options)).results;
    expect(result).toMatchObject({ status: "pass" });
    expect(looks).toBeGreaterThan(1);
  });

  it("checks that ask side by side share the proof", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    const checks = ["a", "b", "c"].map((id) => ({ ...passing, id }));
    await runChecks(open.stack, { deadlineMs: 10_000, checks });
    const counts = open.servers.prometheus.received.filter(({ path }) => path.includes("sum_over_time"));
    expect(counts).toHaveLength(2);
  });
});

/** Those that pass because something is not there, or not too much. */
const absent = [
  "alertmanager-wired",
  "alerts-quiet",
  "dashboard-panels",
  "federation-arrives",
  "growth",
  "kube-node-info",
  "no-alert-fired",
  "no-oom-kill",
  "node-exporter-on-every-node",
  "production-dashboards",
  "production-limits",
  "range-windows",
  "recorded-values",
  "rules-healthy",
  "samples-kept",
  "scraped-once",
  "series-budget",
  "targets-held",
];

it("these checks are checks of absence", () => {
  const all = [...allChecks, ...endChecks, ...checklistChecks];
  expect(all.flatMap(({ id, absence }) => (absence === undefined ? [] : [id])).sort()).toEqual(absent);
  expect(limits.absence).toBe("targets");
});

const inCatalogue = allChecks.filter(({ absence }) => absence !== undefined).map(({ id }) => id);

it.each(inCatalogue)("%s does not pass on a stack that was scraped only once", async (id) => {
  const result = await checkIn(id, ({ prometheus }) => {
    prometheus.scrapes = () => 1;
  });
  expect(["fail", "warn"]).toContain(result.status);
  expect(result).toMatchObject({ fault: "sight-not-scraped" });
});
