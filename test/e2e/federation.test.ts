import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

/** A second Prometheus in a namespace of its own, which scrapes itself only; it is source and store at once. */
const source = (labels: string, job: string) => `  source:
    chart: prometheus-community/prometheus
    version: 29.27.0
    namespace: other
    release: source
    values:
      alertmanager: {enabled: false}
      kube-state-metrics: {enabled: false}
      prometheus-node-exporter: {enabled: false}
      prometheus-pushgateway: {enabled: false}
      server:
        extraFlags: [web.enable-lifecycle, web.enable-remote-write-receiver]
        global: {scrape_interval: 2s, scrape_timeout: 2s${labels}}
      scrapeConfigs:
        prometheus: {job_name: ${job}}
        kubernetes-api-servers: {enabled: false}
        kubernetes-nodes: {enabled: false}
        kubernetes-nodes-cadvisor: {enabled: false}
        kubernetes-service-endpoints: {enabled: false}
        kubernetes-service-endpoints-slow: {enabled: false}
        kubernetes-pods: {enabled: false}
        kubernetes-pods-slow: {enabled: false}
        kubernetes-services: {enabled: false}
        prometheus-pushgateway: {enabled: false}
`;
const address = "source-prometheus-server.other.svc.cluster.local";

/** What this server sent to the source has the label that the source's own series lack: it is not taken back. */
const config = (external: string, job: string, path: string) => `apps:
${source(external, job)}federate:
  - targets: ["${address}:80"]
    match: ['{job="${job}",cluster=""}', 'prometheus_build_info{cluster=""}']
    interval: 2s
remote-write:
  - name: long-term
    url: http://${address}${path}
    bearer-token-env: STORE_TOKEN
`;

const env = { STORE_TOKEN: "not-to-be-seen-anywhere" };

it("series come from another Prometheus, and go to it", async () => {
  await using machine = await startMachine();
  const file = join(machine.folder, "monstack.yaml");
  await writeFile(file, config(", external_labels: {cluster: other}", "source", "/api/v1/write"));
  const up = await machine.monstack(["up"], { env });
  expect(up.exitCode, up.output).toBe(0);
  const verify = await machine.monstack(["verify"], { env });
  expect(verify.exitCode, verify.output).toBe(0);
  const results = await machine.results();
  for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
  const seen = (id: string) => results.checks.find((check) => check.id === id)?.seen;
  expect(seen("federation-arrives")).toMatch(/^job federate: \d{2,} samples a scrape from 1 source/);
  expect(seen("remote-write-delivers")).toMatch(/^long-term: [1-9]\d* samples sent, none failed$/);

  const ask = async (port: string, query: string) => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { stdout } = await machine.run(["curl", "-sf", url]);
    return (JSON.parse(stdout) as { data: { result: { value: [number, string] }[] } }).data.result;
  };
  expect(await ask("9090", 'prometheus_build_info{cluster="other",job="source"}')).toHaveLength(1);
  for (const text of [up.output, verify.output, JSON.stringify(results)])
    expect(text).not.toContain(env.STORE_TOKEN);

  // A source whose series look like this server's own, and a store that isn't at that path.
  await writeFile(file, config("", "prometheus", "/api/v1/no-such-path"));
  const down = await machine.monstack(["down"]);
  expect(down.exitCode, down.output).toBe(0);
  const upAgain = await machine.monstack(["up"], { env });
  expect(upAgain.exitCode, upAgain.output).toBe(0);
  for (const [id, says] of [
    ["federation-arrives", "with job and instance of a target of this Prometheus itself"],
    ["remote-write-delivers", "server returned HTTP status 404"],
  ] as const) {
    const red = await machine.monstack(["verify", "--checks", id], { env });
    expect(red.exitCode, red.output).toBe(1);
    expect(statuses(await machine.results(), "fail")).toEqual([id]);
    expect(red.output).toContain(says);
    console.log(`${id}: red after ${red.seconds.toFixed(1)} s`);
  }
  console.log(`federation: up ${up.seconds.toFixed(1)} s, ${seconds(results)}`);
}, 1_400_000);
