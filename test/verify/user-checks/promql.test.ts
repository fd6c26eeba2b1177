import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runChecks } from "../../../src/verify/runner/run.ts";
import { createUserChecks } from "../../../src/verify/user-checks/user-checks.ts";
import { closedUrl, serve } from "../../support/local-server.ts";
import { healthyWorld } from "../healthy-world.ts";
import { stackAt } from "../open-stack.ts";
import { type Answers, ago, bad, ownCheck, prometheus, resultOf } from "./asked.ts";

const app = { __name__: "up", job: "app", instance: "a:1" };
const other = { __name__: "up", job: "app", instance: "b:1" };
const timed = ({ __name__: _, ...labels }: Record<string, string>, seconds = 1) =>
  [labels, ago(seconds)] as const;

/** `up` with these series, scraped a second ago. */
function up(...series: (readonly [Record<string, string>, number | string])[]): Answers {
  return {
    queries: {
      up: series,
      "timestamp(up)": series.map(([labels]) => timed(labels)),
      "count(up)": series.length > 0 ? [[{}, series.length]] : [],
    },
  };
}

async function ask(given: Record<string, unknown>, answers: Answers) {
  await using server = await prometheus(answers);
  return await resultOf(given, { prometheus: server.url });
}

describe("a check in PromQL", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["there is one", {}, "2 series, values from 0 to 1"],
    ["a number of them", { series: 2 }, "2 series"],
    ["at least so many", { series: ">= 2" }, "2 series"],
    ["any of them", { any: "== 1" }, "2 series"],
    ["a range", { range: { min: 0, max: 1 } }, "2 series"],
    ["every one", { every: ">= 0" }, "2 series"],
    ["labels", { labels: { job: "app", instance: "~ [ab]:1" } }, "2 series"],
  ])("passes: %s", async (_, expectation, seen) => {
    const result = await ask({ promql: "up", expect: expectation }, up([app, 1], [other, 0]));
    expect(result).toMatchObject({ id: "own/a", status: "pass", seen: expect.stringContaining(seen) });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ["too many", { series: 1 }, "1 series", '2 series: up{job="app", instance="a:1"} 1'],
    ["too few", { series: "> 2" }, "> 2 series", "2 series: "],
    [
      "one good value of two",
      { every: "== 1" },
      "every value == 1",
      '1 of 2 series not == 1: up{job="app", instance="b:1"} is 0',
    ],
    ["no good value", { any: "> 1" }, "at least one value > 1", 'none > 1: up{job="app", instance="a:1"} 1'],
    ["out of range", { range: { min: 1 } }, "every value at least 1", "1 of 2 series not at least 1"],
    [
      "out of range above",
      { range: { max: 0.5 } },
      "every value at most 0.5",
      "1 of 2 series not at most 0.5",
    ],
    [
      "another label",
      { labels: { instance: "a:1" } },
      'each with instance == "a:1"',
      "1 of 2 series with another instance",
    ],
    [
      "a label that none has",
      { labels: { team: "x" } },
      'each with team == "x"',
      "2 of 2 series with another team",
    ],
    ["none wanted", { series: 0 }, "0 series", "2 series: "],
  ])("fails: %s", async (_, expectation, expected, seen) => {
    const result = await ask({ promql: "up", expect: expectation }, up([app, 1], [other, 0]));
    expect(result).toMatchObject({
      status: "fail",
      expected: expect.stringContaining(expected),
      seen: expect.stringContaining(seen),
    });
  });

  it.each(["NaN", "+Inf", "-Inf"])("fails on %s, unless that is fine", async (value) => {
    const answers = up([app, 1], [other, value]);
    const result = await ask({ promql: "up" }, answers);
    expect(result).toMatchObject({
      status: "fail",
      seen: `1 of 2 series NaN or infinite: up{job="app", instance="b:1"} is ${value}`,
    });
    expect((await ask({ promql: "up", expect: { finite: false } }, answers)).status).toBe("pass");
    // NaN is neither more nor less than anything.
    const every = await ask({ promql: "up", expect: { finite: false, every: "> -1" } }, up([app, "NaN"]));
    expect(every.status).toBe("fail");
  });

  it("shows its hint, title and severity", async () => {
    const given = { promql: "up", title: "The app is up", hint: "start it", severity: "warning" };
    expect(await ask(given, up())).toMatchObject({
      id: "own/a",
      title: "The app is up",
      status: "warn",
      fix: "start it",
    });
  });
});

describe("no series", () => {
  it.each([{}, { every: "> 0" }, { any: "> 0" }, { series: "<= 5" }, { series: "!= 3" }])(
    "fails %j",
    async (wanted) => {
      expect(await ask({ promql: "up", expect: wanted }, up())).toMatchObject({
        status: "fail",
        seen: "no series",
      });
    },
  );

  const firing = 'ALERTS{alertstate="firing"}';

  it("passes when that is what was asked for, and something has been scraped", async () => {
    const answers = { queries: { "timestamp(up)": [timed(app)] } };
    const given = { promql: firing, expect: { series: 0 } };
    expect(await ask(given, answers)).toMatchObject({ status: "pass", seen: "no series" });
    const seen = "no series, but Prometheus has scraped nothing since the deployment";
    expect(await ask(given, {})).toMatchObject({ status: "fail", seen });
    const old = { queries: { "timestamp(up)": [timed(app, 1_000)] } };
    expect(await ask(given, old)).toMatchObject({ status: "fail", seen });
  });

  it.each<[string, string, Answers, string]>([
    [
      "a metric that is another",
      "htp_requests_total",
      { names: ["http_requests_total", "up"] },
      "Prometheus has no metric htp_requests_total; did you mean http_requests_total?",
    ],
    ["a metric like none", "zzz", { names: ["up"] }, "Prometheus has no metric zzz"],
    [
      "a label's value",
      'up{job="ap"}',
      {
        queries: {
          "count(up)": [[{}, 2]],
          "count by (job) (up)": [
            [{ job: "app" }, 1],
            [{ job: "node" }, 1],
          ],
        },
      },
      'no up has job="ap"; there is app, node',
    ],
    [
      "a label",
      'up{team="x"}',
      { queries: { "count(up)": [[{}, 2]], "count by (team) (up)": [[{}, 2]] } },
      'no up has team="x": none has this label',
    ],
    [
      "two labels that are never together",
      'up{a="1",b="2"}',
      {
        queries: {
          "count(up)": [[{}, 2]],
          "count by (a) (up)": [[{ a: "1" }, 2]],
          "count by (b) (up)": [[{ b: "2" }, 2]],
        },
      },
      'each label of up{a="1",b="2"} is right for some up, but for none are all of them',
    ],
    [
      "what is made of it",
      "rate(up[1m]) > 5",
      { queries: { "count(up)": [[{}, 2]] } },
      "what it selects is there, so a comparison, a function or the matching of labels leaves nothing, or [1m] holds fewer than two samples so far",
    ],
  ])("says why: %s", async (_, promql, answers, cause) => {
    expect(await ask({ promql }, answers)).toMatchObject({ status: "fail", seen: "no series", cause });
  });
});

describe("what series that are still to come could change", () => {
  it.each<[string, Record<string, unknown>]>([
    ["none", { series: 0 }],
    ["a number", { series: 2 }],
    ["at most so many", { series: "<= 5" }],
    ["what holds for every one", { every: ">= 0" }],
    ["a range of every one", { range: { max: 1 } }],
    ["a label of every one", { labels: { job: "app" } }],
  ])("is not proven before every target was scraped twice: %s", async (_, expectation) => {
    const answers = expectation["series"] === 0 ? up() : up([app, 1], [other, 0]);
    const seen = { ...answers, queries: { ...answers.queries, "timestamp(up)": [timed(app)] } };
    const given = { promql: "up", expect: expectation };
    expect(await ask(given, { ...seen, scrapes: 1 })).toMatchObject({
      status: "fail",
      fault: "sight-not-scraped",
    });
    expect(await ask(given, { ...seen, scrapes: 2 })).toMatchObject({ status: "pass" });
  });

  it.each<[string, Record<string, unknown>]>([
    ["at least one", {}],
    ["at least so many", { series: ">= 2" }],
    ["a value that one has", { any: "== 1" }],
    ["what the past is asked for", { series: 2, fresh: false }],
  ])("what is there proves it at once: %s", async (_, expectation) => {
    const answers = { ...up([app, 1], [other, 0]), scrapes: 1 };
    expect(await ask({ promql: "up", expect: expectation }, answers)).toMatchObject({ status: "pass" });
  });
});

describe("stale series", () => {
  const memory = "sum by (pod) (container_memory_usage_bytes)";
  const times = "timestamp(container_memory_usage_bytes)";

  it("don't count", async () => {
    const answers = {
      queries: {
        up: [
          [app, 1],
          [other, 1],
        ] as const,
        "timestamp(up)": [timed(app), timed(other, 400)],
      },
    };
    expect(await ask({ promql: "up", expect: { series: 2 } }, answers)).toMatchObject({
      status: "fail",
      seen: expect.stringMatching(
        /^1 series: .*; 1 stale, not counted: up\{job="app", instance="b:1"\} \(up was last scraped/,
      ),
    });
    expect(await ask({ promql: "up", expect: { series: 2, fresh: false } }, answers)).toMatchObject({
      status: "pass",
    });
  });

  it("don't count when all are from before the deployment", async () => {
    const answers = { queries: { up: [[app, 1]] as const, "timestamp(up)": [timed(app, 125)] } };
    expect(await ask({ promql: "up" }, answers)).toMatchObject({
      status: "fail",
      seen: expect.stringContaining("no series; 1 stale, not counted"),
    });
  });

  it("are told by the labels that the query leaves", async () => {
    const answers: Answers = {
      queries: {
        [memory]: [
          [{ pod: "new" }, 5],
          [{ pod: "gone" }, 7],
        ],
        [times]: [
          [{ pod: "new", id: "1" }, ago(200)],
          [{ pod: "new", id: "2" }, ago(1)],
          [{ pod: "new", id: "4" }, ago(200)],
          [{ pod: "gone", id: "3" }, ago(200)],
        ],
      },
    };
    expect(await ask({ promql: memory, expect: { every: "== 5" } }, answers)).toMatchObject({
      status: "pass",
      seen: expect.stringContaining('1 series, value 5; 1 stale, not counted: {pod="gone"}'),
    });
  });

  it("are told by any sample where the query has changed the labels", async () => {
    const promql = 'label_replace(up, "x", "$1", "job", "(.*)")';
    const queries = {
      [promql]: [[{ x: "app" }, 1]] as const,
      "timestamp(up)": [timed(app, 200), timed(other)],
    };
    expect(await ask({ promql }, { queries })).toMatchObject({ status: "pass" });
    queries["timestamp(up)"] = [timed(app, 200)];
    expect(await ask({ promql }, { queries })).toMatchObject({ status: "fail" });
  });

  it("are found in a range that reaches further back than an instant does", async () => {
    const promql = "rate(requests_total[1h])";
    const queries: Answers["queries"] = {
      [promql]: [[{ job: "app" }, 1]],
      "last_over_time(requests_total[1h])": [[{ job: "app" }, 5]],
    };
    expect(await ask({ promql }, { queries })).toMatchObject({
      status: "fail",
      seen: expect.stringContaining("requests_total has not been scraped for 5 minutes"),
    });
  });

  it("are no matter where the past is asked for on purpose, or nothing is selected", async () => {
    for (const promql of [
      "up offset 1h",
      "sum(up @ 5)",
      "rate(up[5m] offset 1h)",
      "vector(1)",
      "absent(down)",
      "absent_over_time(down[5m])",
    ])
      expect(
        await ask({ promql }, { queries: { [promql]: [[{}, 1]], "timestamp(up)": [timed(app, 200)] } }),
      ).toMatchObject({ status: "pass" });
  });
});

describe("over a time", () => {
  const given = (expectation: Record<string, unknown>) => ({
    promql: "up",
    over: "5m",
    step: "1s",
    expect: expectation,
  });
  const answers = (...values: (number | string)[]): Answers => ({
    ...up([app, 1]),
    ranges: { up: [[app, values]] },
  });

  it("judges every sample of every series", async () => {
    expect(await ask(given({ every: "== 1" }), answers(1, 1, 1))).toMatchObject({
      status: "pass",
      seen: "1 series, 3 samples, value 1",
    });
    expect(await ask(given({ every: "== 1" }), answers(1, 0, 1))).toMatchObject({
      status: "fail",
      seen: expect.stringMatching(/^1 of 1 series not == 1: up\{.*\} is 0 at \S+Z \(1 of 3 samples\)$/),
    });
    expect(await ask(given({ any: "> 4" }), answers(1, 5, 1))).toMatchObject({ status: "pass" });
    expect(await ask(given({}), answers(1, "NaN"))).toMatchObject({ status: "fail" });
  });

  it("begins at the deployment at the earliest", async () => {
    await using server = await prometheus(answers(1));
    await resultOf(given({}), { prometheus: server.url });
    const asked = server.received.find(({ path }) => path.startsWith("/api/v1/query_range"));
    const { searchParams } = new URL(asked?.path ?? "", "http://x");
    expect(Math.abs(Number(searchParams.get("start")) - ago(120))).toBeLessThan(10);
    expect(Number(searchParams.get("step"))).toBe(1);
  });
});

describe("a question that can't be answered", () => {
  it("shows Prometheus' own words with the expression and a caret, and ends at once", async () => {
    const promql = 'sum("é", up)';
    const error = 'invalid parameter "query": 1:11: parse error: wrong number of arguments';
    await using server = await prometheus({ queries: { [promql]: bad("bad_data", error) } });
    const began = Date.now();
    const result = await resultOf({ promql }, { prometheus: server.url }, { pauseMs: 10 });
    // Prometheus counts bytes: its column 11 is the tenth character.
    expect(result).toMatchObject({
      status: "fail",
      fault: "own-promql-refused",
      seen: `Prometheus: ${error}\n    sum("é", up)\n             ^`,
      attempts: 1,
    });
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it("gives a query that fails in evaluation time for an old pod's series to go", async () => {
    const error = "found duplicate series for the match group";
    const result = await ask({ promql: "up" }, { queries: { up: bad("execution", error, 422) } });
    expect(result).toMatchObject({
      status: "fail",
      fault: "own-promql-failed",
      seen: `Prometheus: ${error}\n    up`,
    });
  });

  it("is an error when Prometheus is starting, broken, or another page answers", async () => {
    const texts: [number, unknown][] = [
      [503, "Service Unavailable"],
      [503, { status: "error", errorType: "timeout", error: "query timed out" }],
      [200, "<!doctype html>"],
      [200, { status: "success", data: { resultType: "vector" } }],
    ];
    for (const [status, body] of texts) {
      await using server = await serve(() => ({ status, body }));
      expect(await resultOf({ promql: "up" }, { prometheus: server.url })).toMatchObject({ status: "error" });
    }
    expect(await resultOf({ promql: "up" }, {})).toMatchObject({
      status: "error",
      error: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("is an error when the freshness can't be judged", async () => {
    const answers = up([app, 1]);
    const queries = { ...answers.queries, "timestamp(up)": bad("internal", "boom", 500) };
    expect(await ask({ promql: "up" }, { queries })).toMatchObject({
      status: "error",
      error: expect.stringContaining("boom"),
    });
  });

  it("fails at once without a Prometheus: nobody who wrote it means it to be left out", async () => {
    const change = <T extends object>(stack: T) => ({ ...stack, prometheus: undefined });
    const result = await resultOf({ promql: "up" }, {}, { change, pauseMs: 10 });
    expect(result).toMatchObject({ status: "fail", attempts: 1, seen: "no Prometheus in this stack" });
  });
});

describe("within", () => {
  it("is how long it has, for a series that comes late and for one that never does", async () => {
    let asked = 0;
    await using server = await serve(({ path }) => {
      const late = path.startsWith("/api/v1/query?query=up") && asked++ < 3;
      const empty = { status: "success", data: { resultType: "vector", result: [] } };
      const one = { ...empty, data: { resultType: "vector", result: [{ metric: {}, value: [1, "1"] }] } };
      return { body: late ? empty : one };
    });
    const given = { promql: "up", within: "3s", expect: { fresh: false } };
    const urls = { prometheus: server.url };
    const late = await resultOf(given, urls, { deadlineMs: 20, pauseMs: 10 });
    expect(late).toMatchObject({ status: "pass", attempts: 4 });
    const never = await resultOf({ ...given, within: "200ms", expect: { series: 5, fresh: false } }, urls, {
      pauseMs: 10,
    });
    expect(never).toMatchObject({ status: "fail", seen: expect.stringContaining("1 series") });
    expect(Date.parse(never.endedAt) - Date.parse(never.startedAt)).toBeLessThan(2_000);
  });
});

it("hundreds of checks don't send all their queries at once", async () => {
  let open = 0;
  let peak = 0;
  await using server = await serve(async () => {
    open += 1;
    peak = Math.max(peak, open);
    await delay(20);
    open -= 1;
    return {
      body: { status: "success", data: { resultType: "vector", result: [{ metric: {}, value: [1, "1"] }] } },
    };
  });
  const none = await closedUrl();
  const urls = { prometheus: server.url, alertmanager: none, grafana: none, kube: none };
  const definitions = Array.from({ length: 200 }, (_, index) => ({
    ...ownCheck({ promql: "up", expect: { fresh: false } }),
    name: `check-${index}`,
  }));
  const { checks } = createUserChecks(definitions, { env: {}, namespace: "monitoring" });
  const { results } = await runChecks(await stackAt(urls, healthyWorld()), { checks, deadlineMs: 30_000 });
  expect(results.filter(({ status }) => status === "pass")).toHaveLength(200);
  expect(peak).toBeGreaterThan(1);
  expect(peak).toBeLessThanOrEqual(10);
});
