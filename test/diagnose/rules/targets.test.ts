import { describe, expect, it } from "vitest";
import type { EvidenceTarget } from "../../../src/diagnose/evidence.ts";
import { type Cause, findCauses } from "../../../src/diagnose/rule.ts";
import {
  kubeStateMetricsTwice,
  scrapeAnnotationWrong,
  targetsMissing,
} from "../../../src/diagnose/rules/discovery.ts";
import { targetRules, targetWrongPort } from "../../../src/diagnose/rules/targets.ts";
import { evidence, failing, inCluster, one, pod, prometheusWith, recordedTargets } from "./evidence.ts";

function causesOf(targets: readonly EvidenceTarget[], checks = [failing("targets-up")]): Cause[] {
  const from = evidence({ prometheus: prometheusWith({ targets }), checks });
  return targetRules.flatMap((rule) => findCauses(rule, from));
}

function target(changes: Partial<EvidenceTarget>): EvidenceTarget {
  return {
    job: "app",
    url: "http://10.42.0.20:9100/metrics",
    health: "down",
    lastError: "",
    labels: {},
    discovered: {},
    ...changes,
  };
}

describe("a target that is down", () => {
  it.each([
    ["refused", "target-refused", /nothing listens on that port/],
    ["https-to-http", "target-tls", /speaks plain HTTP/],
    ["x509-unknown", "target-tls", /a CA that Prometheus does not know/],
    ["x509-wrongname", "target-tls", /for another name/],
    ["x509-expired", "target-tls", /has expired/],
    ["x509-notyet", "target-tls", /not valid yet/],
    ["x509-clientcert", "target-tls", /wants a client certificate/],
    ["tokenmissing", "target-credentials", /can't read the file/],
    ["p-401", "target-unauthorized", /wants credentials/],
    ["p-403", "target-unauthorized", /wants credentials/],
    ["p-404", "target-not-found", /nothing under that path/],
    ["p-500", "target-error", /responds with an error/],
    ["p-slow", "target-timeout", /does not answer within its scrape_timeout of 2s/],
    ["limit", "target-limit", /more than its job allows/],
    ["bodylimit", "target-limit", /more than its job allows/],
    ["labellimit", "target-limit", /more than its job allows/],
    ["p-html", "target-not-metrics", /no metrics/],
    ["p-htmltext", "target-not-metrics", /no metrics/],
    ["p-json", "target-not-metrics", /no metrics/],
    ["p-notype", "target-not-metrics", /no metrics/],
    ["dns", "target-dns", /can't be resolved/],
    ["p-reset", "target-down", /closes the connection/],
    ["http-to-https", "target-down", /may expect TLS/],
    ["p-loop", "target-down", /can't be scraped/],
  ])("is told by Prometheus' words: %s", (job, id, why) => {
    const [found, ...others] = causesOf(recordedTargets(job));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ id, what: expect.stringMatching(why), explains: ["targets-up"] });
    expect(found?.how[0]).toContain(recordedTargets(job)[0]?.lastError);
    expect(found?.blame?.values).toContain(job);
  });

  it.each([
    ["Go", "server returned HTTP status 400 Bad Request"],
    [
      "2.45",
      'Get "http://10.42.0.20:9100/metrics": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02"',
    ],
  ])("speaks TLS where Prometheus asks without: %s", (_, lastError) => {
    expect(causesOf([target({ lastError })])).toMatchObject([{ id: "target-tls", sureness: "likely" }]);
  });

  it("takes a 400 over https for the target's own error", () => {
    const url = "https://10.42.0.20:9100/metrics";
    expect(
      causesOf([target({ url, lastError: "server returned HTTP status 400 Bad Request" })]),
    ).toMatchObject([{ id: "target-error" }]);
  });

  it("is a matter of rights where the kubelet refuses", () => {
    const url = "https://192.0.2.10:10250/metrics/cadvisor";
    const found = causesOf([target({ url, lastError: "server returned HTTP status 403 Forbidden" })]);
    expect(found).toMatchObject([{ id: "target-forbidden", fix: expect.stringContaining("nodes/metrics") }]);
  });

  it("is told once for all that fail alike, and the rest apart", () => {
    const targets = [
      ...recordedTargets("refused", "p-404"),
      target({ lastError: "dial tcp 10.42.0.20:9100: connect: connection refused" }),
    ];
    const found = causesOf(targets);
    expect(found.map(({ id, what }) => [id, /, and 1 more like it$/.test(what)])).toEqual([
      ["target-refused", true],
      ["target-not-found", false],
    ]);
  });

  it("explains what needs its metrics, and leaves the rest", () => {
    const ksm = target({
      lastError: "connect: connection refused",
      discovered: {
        __meta_kubernetes_namespace: "monitoring",
        __meta_kubernetes_service_name: "prometheus-kube-state-metrics",
      },
    });
    const checks = ["targets-up", "scraped-once", "query-pod-status", "query-cpu"].map((id) => failing(id));
    expect(causesOf([ksm], checks)[0]?.explains).toEqual(["targets-up", "scraped-once", "query-pod-status"]);
  });

  it("is found in what the check saw when Prometheus could not be queried again", () => {
    const findings = { targets: [target({ lastError: "connect: connection refused" })] };
    const found = targetRules.flatMap((rule) => findCauses(rule, evidence({ findings })));
    expect(found).toHaveLength(1);
  });

  it("is no cause while it is up, or was not scraped yet", () => {
    const targets = [...recordedTargets("p-ok"), target({ health: "unknown" })];
    expect(causesOf(targets)).toEqual([]);
  });
});

describe("target-wrong-port", () => {
  const discovered = { __meta_kubernetes_namespace: "monitoring", __meta_kubernetes_pod_name: "my-app-1" };
  const refused = target({ discovered, lastError: "dial tcp 10.42.0.20:9100: connect: connection refused" });
  const withPorts = (ports: { name?: string; containerPort: number }[]) =>
    inCluster(
      { pods: [pod("monitoring", "my-app-1", true, { spec: { containers: [{ name: "my-app", ports }] } })] },
      { prometheus: prometheusWith({ targets: [refused] }), checks: [failing("targets-up")] },
    );

  it("names the port that the pod has instead", () => {
    const found = one(
      targetWrongPort,
      withPorts([
        { name: "http", containerPort: 8080 },
        { name: "metrics", containerPort: 9102 },
      ]),
    );
    expect(found.what).toMatch(/port 9100, which its pod does not declare: right is probably 9102/);
    expect(found.fix).toContain("9102");
    expect(found.blame?.values).toEqual(["9100"]);
  });

  it("leaves it open among several", () => {
    const found = one(targetWrongPort, withPorts([{ containerPort: 8080 }, { containerPort: 8081 }]));
    expect(found.what).toContain("it has 8080, 8081");
  });

  it("is told instead of a refused connection, not beside it", () => {
    const from = withPorts([{ containerPort: 8080 }]);
    expect(targetRules.flatMap((rule) => findCauses(rule, from))).toEqual([]);
  });

  it("is silent when the pod has that port: then its program doesn't listen", () => {
    const from = withPorts([{ containerPort: 9100 }]);
    expect(findCauses(targetWrongPort, from)).toEqual([]);
    expect(targetRules.flatMap((rule) => findCauses(rule, from))).toHaveLength(1);
  });
});

describe("what is not found at all", () => {
  const service = (annotations: Record<string, string>) => ({
    metadata: { namespace: "default", name: "my-app", annotations },
  });

  it.each([
    [
      { "prometheus.io/scrape": "True" },
      /annotation prometheus\.io\/scrape is "True", and only "true" counts/,
    ],
    [{ "prometheus.io/scrape": "true", "prometheus.io/port": "metrics" }, /"metrics", which is not a number/],
  ])("is a matter of its annotations: %o", (annotations, what) => {
    const from = inCluster({ services: [service(annotations)] });
    expect(one(scrapeAnnotationWrong, from)).toMatchObject({
      what: expect.stringMatching(what),
      sureness: "possible",
    });
    const checks = [failing("own/my-app", { seen: "no series of my-app" })];
    expect(one(scrapeAnnotationWrong, { ...from, checks })).toMatchObject({
      sureness: "likely",
      explains: ["own/my-app"],
    });
  });

  it("is none with good annotations", () => {
    const good = [
      { "prometheus.io/scrape": "true", "prometheus.io/port": "8080" },
      { "prometheus.io/scrape": "false" },
      {},
    ];
    expect(findCauses(scrapeAnnotationWrong, inCluster({ services: good.map(service) }))).toEqual([]);
  });

  it("is a job that is not in force, or a discovery that finds nothing", () => {
    const checks = [
      failing("targets-up", {
        fault: "targets-missing",
        seen: "job my-app has 0 of 1 target for service default/my-app",
      }),
    ];
    const access = [
      {
        user: "system:serviceaccount:monitoring:prometheus-server",
        verb: "list",
        resource: "pods",
        allowed: false,
        reason: "",
      },
    ];
    const at = (config: string) =>
      one(targetsMissing, inCluster({ access }, { checks, prometheus: prometheusWith({ config }) }));
    expect(at("scrape_configs:\n- job_name: other\n")).toMatchObject({
      sureness: "certain",
      what: expect.stringContaining("does not have the job my-app"),
    });
    expect(at("scrape_configs:\n- job_name: my-app\n")).toMatchObject({
      sureness: "likely",
      how: [expect.any(String), "system:serviceaccount:monitoring:prometheus-server may not list pods"],
    });
  });
});

describe("kube-state-metrics-twice", () => {
  const ksm = (job: string, service: string, url = "http://10.42.0.5:8080/metrics") =>
    target({
      job,
      url,
      health: "up",
      discovered: { __meta_kubernetes_namespace: "monitoring", __meta_kubernetes_service_name: service },
    });
  const found = (targets: EvidenceTarget[], checks = [failing("scraped-once")]) =>
    findCauses(kubeStateMetricsTwice, evidence({ prometheus: prometheusWith({ targets }), checks }));

  it("tells two of it from one that is found twice, and from another cluster's", () => {
    const own = ksm("endpoints", "prometheus-kube-state-metrics");
    expect(
      found([own, ksm("endpoints", "kube-state-metrics", "http://10.42.0.6:8080/metrics")])[0]?.what,
    ).toContain("more than one of it runs");
    expect(found([own, ksm("pods", "prometheus-kube-state-metrics")])[0]?.what).toContain(
      "more than one job or port finds it",
    );
    const foreign = target({ job: "kube-state-metrics", url: "http://192.0.2.9:8080/metrics", health: "up" });
    expect(found([own, foreign])[0]?.what).toContain(
      "somebody else is scraped too: http://192.0.2.9:8080/metrics",
    );
  });

  it("doesn't count its telemetry, which has none of the cluster's metrics", () => {
    const own = ksm("endpoints", "prometheus-kube-state-metrics");
    expect(
      found([own, ksm("pods", "prometheus-kube-state-metrics", "http://10.42.0.5:8081/metrics")]),
    ).toEqual([]);
  });

  it("is silent when it is there once, or no check complains", () => {
    expect(found([ksm("endpoints", "kube-state-metrics")])).toEqual([]);
    expect(found([ksm("a", "kube-state-metrics"), ksm("b", "kube-state-metrics")], [])).toEqual([]);
  });
});
