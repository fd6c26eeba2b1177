// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { describe, expect, it } from "vitest";
import type { FakeGrafana } from "../../../support/fake-grafana.ts";
import { one, panel, tried } from "../../board.ts";

describe("variables are filled from the live stack", () => {
  const list = [
    {
      name: "node",
      query: { query: 'label_values(node_uname_info{job="$job"}, instance)' },
      datasource: { uid: "$ds" },
    },
    { name: "job", query: "label_values(node_uname_info, job)", datasource: { uid: "$ds" } },
    { name: "ds", type: "datasource", query: "prometheus", regex: "/^Prometheus$/" },
    { name: "names", query: "metrics(node_cpu.*)" },
    { name: "labels", query: "label_names()", regex: "/^mode$/" },
    { name: "cut", query: "query_result(node_uname_info)", regex: '/nodename="(.*?)"/', sort: 2 },
    { name: "all", includeAll: true, allValue: ".*", query: "label_values(nothing_here)" },
    { name: "filter", type: "adhoc", filters: [{ key: "job", operator: "=", value: "node" }] },
  ];

  it("in the order in which they need each other, with every kind of query", async () => {
    const expr =
      'up{instance="$node"} and on() ${names}{${labels}="idle"} and on() node_uname_info{nodename="[[cut]]",x=~"$all"}';
    const found = await one(panel(expr, { datasource: "$ds" }), {
      model: { templating: { list } },
      deadlineMs: 10_000,
    });
    expect(found).toMatchObject({
      status: "data",
      queries: [
        'up{instance="a:9100",job="node"} and on() node_cpu_seconds_total{mode="idle",job="node"} and on() node_uname_info{nodename="b",x=~".*",job="node"}',
      ],
    });
  });

  it("and one that finds nothing is why a panel is empty", async () => {
    const templating = {
      list: [
        { name: "gone", query: "label_values(node_uname, instance)" },
        { name: "after", query: 'label_values(up{instance="$gone"}, job)' },
      ],
    };
    const { panels } = await tried({
      panels: [panel('up{instance="$gone"}'), panel('up{job="$after"}'), panel('up{job="x"}')],
      model: { templating },
    });
    expect(panels.map(({ why }) => why)).toEqual([
      "variable $gone found nothing with label_values(node_uname, instance): metric node_uname does not exist; the nearest is node_uname_info",
      'variable $after found nothing with label_values(up{instance="$gone"}, job): $gone found nothing',
      'no series of up has job="x"; job is "node", "prometheus"',
    ]);
  });

  it("and one that finds nothing is not to blame where the rest of the query is", async () => {
    const templating = { list: [{ name: "cluster", query: "label_values(up, cluster)" }] };
    const { panels } = await tried({
      panels: [panel('up{cluster="$cluster"}'), panel('up{cluster="$cluster",job="x"}')],
      model: { templating },
    });
    expect(panels.map(({ status, why }) => [status, why])).toEqual([
      ["data", undefined],
      ["empty", 'no series of up has job="x"; job is "node", "prometheus"'],
    ]);
  });

  describe("a panel that is empty only for the value that a variable starts with", () => {
    const pods = (namespace: string) => ({
      __name__: "kube_pod_info",
      job: "ksm",
      namespace,
      pod: `p-${namespace}`,
    });
    const templating = {
      list: [
        { name: "namespace", query: "label_values(up, namespace)" },
        { name: "pod", query: 'label_values(kube_pod_info{namespace="$namespace"}, pod)' },
      ],
    };
    const change = ({ series }: FakeGrafana) => {
      for (const namespace of ["default", "kube-system", "monitoring"])
        series.series.push({ __name__: "up", job: "x", namespace, instance: namespace });
      series.series.push(pods("monitoring"));
    };

    it("says for which value it has data", async () => {
      const { panels } = await tried({
        panels: [
          panel('kube_pod_info{namespace="$namespace"}'),
          panel('sum(kube_pod_info{pod="$pod"})'),
          panel('kube_pod_info{job="none"}'),
          panel('nowhere{namespace="$namespace"}'),
        ],
        model: { templating },
        change,
        deadlineMs: 6_000,
        speed: 4,
      });
      const why = "empty for namespace=default; has data for namespace=monitoring";
      expect(panels.map((found) => found.status)).toEqual(["empty", "empty", "empty", "empty"]);
      expect(panels.map((found) => found.why)).toEqual([
        why,
        why,
        'no series of kube_pod_info has job="none"; job is "ksm"',
        "metric nowhere does not exist, nor does any other that begins with nowhere_",
      ]);
    });

    it("tries only some of very many values", async () => {
      const { panels, asked } = await tried({
        panels: [panel('kube_pod_info{namespace="$namespace"}')],
        model: { templating },
        change: ({ series }) => {
          for (let index = 0; index < 200; index++)
            series.series.push({ __name__: "up", job: "x", namespace: `n${index}`, instance: "i" });
          series.series.push(pods("elsewhere"));
        },
        deadlineMs: 6_000,
        speed: 4,
      });
      expect(panels[0]?.why).toMatch(/^no series of kube_pod_info has namespace="n0"/);
      const bodies = asked.filter(({ path }) => path === "/api/ds/query").map(({ body }) => body);
      expect(new Set(bodies.map((body) => /n\d+/.exec(body)?.[0])).size).toBeLessThanOrEqual(11);
    });
  });

  it("and one that the dashboard doesn't have is named", async () => {
    expect((await one(panel("rate(up[$window])")))?.why).toMatch(
      /parse error.*\(the dashboard has no variable window\)/,
    );
  });

  it("Grafana's own are left to it, but for those that only a browser knows", async () => {
    const { asked, panels } = await tried({
      panels: [panel("rate(up[$__rate_interval]) + ${__from}", { interval: "30s" })],
    });
    const { body = "" } = asked.find(({ path }) => path === "/api/ds/query") ?? {};
    const { queries, from, to } = JSON.parse(body);
    expect([from, to]).toEqual(["now-300s", "now"]);
    expect(queries[0]).toMatchObject({
      expr: expect.stringMatching(/^rate\(up\[\$\{__rate_interval\}\]\) \+ \d{13}$/),
      intervalMs: 30_000,
      instant: true,
      range: true,
    });
    expect(panels[0]?.queries[0]).toMatch(/^rate\(up\[1m\]\) \+ \d{13}$/);
  });
});
