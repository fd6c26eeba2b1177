import { describe, expect, test } from "vitest";
import type { Federation } from "../../../../src/config/endpoints.ts";
import type { Config } from "../../../../src/config/schema.ts";
import type { Check } from "../../../../src/stack/check.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { federationArrives } from "../../../../src/verify/checks/targets/federation.ts";
import { remoteWriteDelivers } from "../../../../src/verify/checks/targets/remote-write.ts";
import { podNames, type World } from "../../healthy-world.ts";
import { faultOf, verdictIn } from "../../open-stack.ts";

async function failing(check: Check, change: (world: World) => void, changeStack?: (stack: Stack) => Stack) {
  const verdict = await verdictIn(check, change, changeStack);
  if (verdict.status !== "fail") throw new Error(`it says ${JSON.stringify(verdict)}`);
  return { ...verdict, fault: faultOf(verdict)?.id };
}

function withConfig(changes: Partial<Config>): (stack: Stack) => Stack {
  return (stack) => ({ ...stack, plan: { ...stack.plan, config: { ...stack.plan.config, ...changes } } });
}

describe("federation-arrives", () => {
  const arrived = "scrape_samples_post_metric_relabeling";
  const source = { job: "federate", instance: "source.example.com:9090" };
  const own = { job: "prometheus", instance: "localhost:9090" };
  const matching = (...match: string[]) =>
    withConfig({
      federate: [{ name: "federate", targets: ["source.example.com:9090"], match } as unknown as Federation],
    });
  const change = (target: Record<string, unknown>) => (world: World) => {
    const federated = world.prometheus.targets.find((one) => one["scrapePool"] === "federate");
    Object.assign(federated ?? {}, target);
  };

  test("every source is up and gives series of the matcher", async () => {
    expect(await verdictIn(federationArrives)).toEqual({
      status: "pass",
      seen: "job federate: 40 samples a scrape from 1 source",
    });
  });

  test("a source that is down, in Prometheus' words", async () => {
    const lastError =
      'Get "http://source.example.com:9090/federate": dial tcp: lookup source.example.com: no such host';
    expect(await failing(federationArrives, change({ health: "down", lastError }))).toMatchObject({
      seen: "source source.example.com:9090 is down: dial tcp: lookup source.example.com: no such host",
      cause: expect.stringContaining("name can't be resolved"),
      fault: "federation-source-down",
    });
  });

  test("a job that Prometheus does not have; one that waits for its first scrape", async () => {
    const missing = await failing(federationArrives, ({ prometheus }) => {
      prometheus.targets = prometheus.targets.filter((one) => one["scrapePool"] !== "federate");
    });
    expect(missing.fault).toBe("federation-missing");
    expect((await failing(federationArrives, change({ health: "unknown" }))).fault).toBe(
      "federation-not-yet",
    );
  });

  test("a source that has nothing of what is asked", async () => {
    const failure = await failing(federationArrives, ({ prometheus }) => {
      prometheus.queries[arrived] = [[source, 0]];
    });
    expect(failure).toMatchObject({
      seen: "source source.example.com:9090 answers, and gives no series at all",
      cause: expect.stringContaining('{job="shop"}'),
      fault: "federation-empty",
    });
  });

  test.each([
    ["2s", 15_000],
    ["1m", 65_000],
  ])(
    "a source that starts beside a server with scrapes every %s may have nothing for %i ms",
    async (every, graceMs) => {
      const verdict = await verdictIn(federationArrives, ({ prometheus }) => {
        prometheus.config = prometheus.config.replace(/scrape_interval: \S+/, `scrape_interval: ${every}`);
        expect(prometheus.config).toContain(`scrape_interval: ${every}`);
        prometheus.queries[arrived] = [[source, 0]];
      });
      expect(faultOf(verdict)).toEqual({ id: "federation-empty", graceMs });
    },
  );

  test("one matcher of two that brings nothing", async () => {
    const failure = await failing(
      federationArrives,
      ({ prometheus }) => {
        prometheus.queries['count by (job, instance) ({job="gone"})'] = [];
        prometheus.queries['count({job="shop"} or {job="gone"})'] = [[{}, 40]];
      },
      matching('{job="shop"}', '{job="gone"}'),
    );
    expect(failure).toMatchObject({
      seen: 'no series here matches {job="gone"}',
      fault: "federation-matches-nothing",
    });
  });

  describe("series that look like this server's own", () => {
    const counted =
      (times: Record<string, number>, refused = 0) =>
      (world: World) => {
        const { queries, metrics } = world.prometheus;
        queries['count by (job, instance) ({job="prometheus"})'] = [[own, 900]];
        queries['count({job="prometheus"})'] = [[{}, 900]];
        queries['count_values("times", count by (__name__, job, instance) ({job="prometheus"}))'] =
          Object.entries(times).map(([times, value]) => [{ times }, value]);
        world.prometheus.metrics = metrics.replace(/(sample_out_of_order_total) 0/, `$1 ${refused}`);
      };

    test("collide when most are there only once", async () => {
      const failure = await failing(
        federationArrives,
        counted({ "1": 150, "7": 50 }, 8000),
        matching('{job="prometheus"}'),
      );
      expect(failure).toMatchObject({
        seen: '150 of 200 metrics that {job="prometheus"} selects are here only once, with job and instance of a target of this Prometheus itself; 8000 samples were refused as duplicates or out of order',
        fix: expect.stringContaining("external_labels"),
        fault: "federation-collides",
      });
    });

    test("have labels of their own when most are there twice", async () => {
      const verdict = await verdictIn(
        federationArrives,
        counted({ "1": 50, "2": 120, "14": 30 }, 8000),
        matching('{job="prometheus"}'),
      );
      expect(verdict.status).toBe("pass");
    });
  });

  test("sources that collide with each other leave fewer series than they give", async () => {
    const failure = await failing(federationArrives, ({ prometheus }) => {
      prometheus.queries['count({job="shop"})'] = [[{}, 22]];
    });
    expect(failure).toMatchObject({
      seen: "the sources of job federate give 40 series, and only 22 are here",
      fault: "federation-collides",
    });
  });

  test("a source's own such series are not taken for the word on its scrape", async () => {
    const verdict = await verdictIn(federationArrives, ({ prometheus }) => {
      const told = { ...source, cluster: "other" };
      prometheus.queries[arrived] = [
        [told, 0],
        [source, 40],
      ];
    });
    expect(verdict.status).toBe("pass");
  });

  test("a label that had to be empty at the source may be external here", async () => {
    const match = matching('{job="shop",cluster=""}');
    expect((await verdictIn(federationArrives, () => {}, match)).status).toBe("pass");
  });

  test("nothing asked is skipped", async () => {
    const verdict = await verdictIn(federationArrives, () => {}, withConfig({ federate: [] }));
    expect(verdict.status).toBe("skipped");
  });
});

describe("remote-write-delivers", () => {
  const set = (metric: string, value: number) => (world: World) => {
    const name = `prometheus_remote_storage_${metric}`;
    const { metrics } = world.prometheus;
    world.prometheus.metrics = metrics.replace(new RegExp(`^(${name}\\{[^}]*\\}) .*$`, "m"), `$1 ${value}`);
  };

  test("what was sent, by the store's name", async () => {
    expect(await verdictIn(remoteWriteDelivers)).toEqual({
      status: "pass",
      seen: "store: 5000 samples sent, none failed",
    });
  });

  test("a store that refuses, with the reason from Prometheus' log", async () => {
    const failure = await failing(remoteWriteDelivers, (world) => {
      set("samples_failed_total", 120)(world);
      world.kube.logs = {
        [`monitoring/${podNames.prometheus}/prometheus-server`]:
          'time=2026-11-24T03:00:00Z level=ERROR source=queue_manager.go:1 msg="non-recoverable error" component=remote remote_name=store url=http://store.example.com/write failedSampleCount=120 err="server returned HTTP status 404 Not Found: no \\"write\\" here\\n"\n',
      };
    });
    expect(failure).toMatchObject({
      seen: "store (http://store.example.com/write): 120 samples failed for good, 0 were dropped, of 5000 sent",
      cause:
        'Prometheus\' log: server returned HTTP status 404 Not Found: no "write" here (the path of the url is not where the store takes remote write)',
      fault: "remote-write-refused",
    });
  });

  test("without its log the metrics still tell", async () => {
    const failure = await failing(remoteWriteDelivers, set("samples_failed_total", 1));
    expect(failure.cause).toBe("the store refuses what it is sent");
  });

  test("nothing ever arrived, and what arrives is old", async () => {
    const never = await failing(remoteWriteDelivers, set("queue_highest_sent_timestamp_seconds", 0));
    expect(never.fault).toBe("remote-write-unreachable");
    const old = await failing(
      remoteWriteDelivers,
      set("queue_highest_sent_timestamp_seconds", Date.now() / 1000 - 300),
    );
    expect(old).toMatchObject({
      seen: expect.stringMatching(/299 s behind, 12 are waiting/),
      fault: "remote-write-behind",
    });
  });

  test("a configuration without the store; what a relabelling leaves out is no loss", async () => {
    const missing = await failing(remoteWriteDelivers, ({ prometheus }) => {
      prometheus.metrics = prometheus.metrics.replaceAll('remote_name="store"', 'remote_name="other"');
    });
    expect(missing.fault).toBe("remote-write-missing");
    const add = (reason: string) => (world: World) => {
      const labels = `{reason="${reason}",remote_name="store",url="x"}`;
      world.prometheus.metrics += `\nprometheus_remote_storage_samples_dropped_total${labels} 7\n`;
    };
    expect((await verdictIn(remoteWriteDelivers, add("dropped_series"))).status).toBe("pass");
    expect((await failing(remoteWriteDelivers, add("too_old"))).fault).toBe("remote-write-refused");
  });

  test("nothing asked is skipped", async () => {
    const verdict = await verdictIn(remoteWriteDelivers, () => {}, withConfig({ remoteWrite: [] }));
    expect(verdict.status).toBe("skipped");
  });
});
