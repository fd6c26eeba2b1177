import { describe, expect, it } from "vitest";
import { samplesKept } from "../../../../src/verify/checks/targets/samples-kept.ts";
import { dropsEverything, findEmptyingFilter } from "../../../../src/verify/targets/relabelling.ts";
import { target, type World } from "../../healthy-world.ts";
import { checkIn, failureOf, faultOf, verdictIn } from "../../open-stack.ts";

const shop = { job: "shop", instance: "10.42.0.9:8080" };

/** A job with one target that sends samples, of which so many are kept. */
function scrapes(rules: string, { sent = 41, kept = 0, exposes = ownMetrics, job = "shop" } = {}) {
  return ({ prometheus }: World) => {
    prometheus.config = `scrape_configs:\n  - job_name: ${job}\n    metric_relabel_configs: ${rules}\n`;
    const one = target(job, "http://10.42.0.9:8080/metrics", {});
    prometheus.targets.push({ ...one, labels: shop });
    const add = (name: string, value: number) => {
      prometheus.queries[name] = [...(prometheus.queries[name] ?? []), [shop, value]];
    };
    add("scrape_samples_scraped", sent);
    add("scrape_samples_post_metric_relabeling", kept);
    prometheus.exposes = { shop: exposes };
  };
}

const ownMetrics: Record<string, string> = {
  go_goroutines: "gauge",
  shop_orders_total: "counter",
  shop_open_carts: "gauge",
};
const keepOthers = "[{ action: keep, source_labels: [__name__], regex: 'store_.*_total' }]";

describe("samples-kept: relabelling that drops every sample of a target that is up", () => {
  it("fails, with the job, the rule and what the target exposes", async () => {
    const verdict = await verdictIn(samplesKept, scrapes(keepOthers));
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "job shop keeps 0 of 41 samples a scrape, though its 1 target is up",
      cause:
        'metric_relabel_configs[0] (keep __name__ =~ "store_.*_total") of job shop drops every sample; its targets expose shop_open_carts, shop_orders_total',
      fix: expect.stringContaining("correct the regex in metric_relabel_configs of job shop"),
    });
    expect(faultOf(verdict)).toEqual({ id: "samples-dropped", graceMs: 20_000 });
    expect((await checkIn("samples-kept", scrapes(keepOthers))).status).toBe("fail");
  });

  it.each([
    [
      "a keep without the anchors' surroundings",
      "[{ action: keep, source_labels: [__name__], regex: 'shop' }]",
      0,
    ],
    ["a drop that is too wide", "[{ action: drop, source_labels: [__name__], regex: 'shop_.*|go_.*' }]", 0],
    [
      "a second rule",
      `[{ action: drop, source_labels: [__name__], regex: 'go_.*' }, { action: keep, source_labels: [__name__], regex: 'go_.*' }]`,
      1,
    ],
    ["an action in capitals", "[{ action: Keep, source_labels: [__name__], regex: 'x' }]", 0],
  ])("names the rule: %s", async (_, rules, index) => {
    const verdict = await verdictIn(samplesKept, scrapes(rules));
    expect(verdict).toMatchObject({ cause: expect.stringContaining(`metric_relabel_configs[${index}] (`) });
  });

  it("names every rule that may be at fault when they go by other labels", async () => {
    const rules =
      "[{ action: keep, source_labels: [namespace], regex: shop }, { action: keep, source_labels: [tier], regex: web }]";
    const failure = failureOf(await checkIn("samples-kept", scrapes(rules)));
    expect(failure?.cause).toContain(
      'metric_relabel_configs[0] (keep namespace =~ "shop"), metric_relabel_configs[1]',
    );
  });

  it("calls the key of a monitor as the monitor does", async () => {
    const failure = failureOf(
      await checkIn("samples-kept", scrapes(keepOthers, { job: "serviceMonitor/harbour/shop/0" })),
    );
    expect(failure).toMatchObject({
      seen: expect.stringContaining("job serviceMonitor/harbour/shop/0 keeps 0 of 41 samples"),
      fix: expect.stringContaining("correct the regex in metricRelabelings"),
    });
  });
});

describe("samples-kept: what is as it was meant", () => {
  it.each([
    ["some samples are kept", scrapes(keepOthers, { kept: 3 })],
    ["the target exposes nothing", scrapes(keepOthers, { sent: 0 })],
    ["everything is dropped outright", scrapes("[{ action: drop, regex: '.*' }]")],
    ["everything is dropped by name", scrapes("[{ action: drop, source_labels: [__name__], regex: '.+' }]")],
    ["only up is wanted", scrapes("[{ action: keep, source_labels: [__name__], regex: 'up|scrape_.*' }]")],
    [
      "its own counters are yet to come",
      scrapes(keepOthers, { exposes: { go_goroutines: "gauge", process_open_fds: "gauge" } }),
    ],
  ])("passes when %s", async (_, change) => {
    expect(await checkIn("samples-kept", change)).toMatchObject({ status: "pass" });
  });

  it("passes when a filter leaves nothing of one target of several", async () => {
    const result = await checkIn("samples-kept", (world) => {
      scrapes(keepOthers)(world);
      const other = { job: "shop", instance: "10.42.0.8:8080" };
      world.prometheus.targets.push({
        ...target("shop", "http://10.42.0.8:8080/metrics", {}),
        labels: other,
      });
      for (const name of ["scrape_samples_scraped", "scrape_samples_post_metric_relabeling"])
        world.prometheus.queries[name] = [...(world.prometheus.queries[name] ?? []), [other, 7]];
    });
    expect(result).toMatchObject({ status: "pass", seen: "3 jobs with samples" });
  });

  it("never passes when no target has sent anything", async () => {
    const none = ({ prometheus }: World) => {
      prometheus.queries["scrape_samples_scraped"] = [];
    };
    expect(await checkIn("samples-kept", none)).toMatchObject({ status: "fail" });
  });
});

describe("metric relabelling", () => {
  it("counts the samples of a counter that OpenMetrics declares without _total", () => {
    const keep = [{ action: "keep", source_labels: ["__name__"], regex: "shop_.*_total" }];
    expect(findEmptyingFilter(keep, ["shop_orders", "shop_orders_total"])).toBeUndefined();
    expect(findEmptyingFilter(keep, ["shop_orders"])).toMatchObject({ index: 0 });
  });

  it("says nothing of names that a rule before has changed", () => {
    const rules = [
      { source_labels: ["__name__"], regex: "old_(.*)", target_label: "__name__" },
      { action: "keep", source_labels: ["__name__"], regex: "new_.*" },
    ];
    expect(findEmptyingFilter(rules, ["old_a"])).toBeUndefined();
  });

  it("takes only a rule for everything as meant", () => {
    expect(dropsEverything([{ action: "drop", source_labels: ["__name__"], regex: "shop_.*" }])).toBe(false);
    expect(dropsEverything([{ action: "keep", source_labels: ["__name__"], regex: "uptime_.*" }])).toBe(
      false,
    );
    expect(dropsEverything([{ action: "drop", source_labels: ["job"], regex: ".*" }])).toBe(false);
  });
});
