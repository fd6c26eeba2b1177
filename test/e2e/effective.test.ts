import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

const asked = `retention: 30d
retention-size: 2GB
storage: {prometheus: 3Gi, grafana: 1Gi}
storage-class: local-path
scrape-interval: 5s
scrape-timeout: 4s
evaluation-interval: 6s
resources:
  prometheus: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 1Gi}}
  grafana: {limits: {memory: 512Mi}}
  kube-state-metrics: {requests: {memory: 32Mi}, limits: {memory: 256Mi}}
`;

/** Each of them takes the effect away from a setting, and helm finds nothing wrong with it. */
const inTheWay = `apps:
  prometheus:
    values:
      server:
        extraVolumes: [{name: elsewhere, emptyDir: {}}]
        extraVolumeMounts: [{name: elsewhere, mountPath: /elsewhere}]
        defaultFlagsOverride:
          - --config.file=/etc/config/prometheus.yml
          - --storage.tsdb.path=/elsewhere
          - --web.enable-lifecycle
      extraManifests:
        - |
          apiVersion: v1
          kind: LimitRange
          metadata: {name: small, namespace: monitoring}
          spec: {limits: [{type: Container, default: {cpu: "1"}, defaultRequest: {cpu: 20m}}]}
`;

it("what is asked is in effect, and what can't be is told", async () => {
  await using machine = await startMachine();
  const config = join(machine.folder, "monstack.yaml");
  await writeFile(config, asked);
  const up = await machine.monstack(["up"]);
  expect(up.exitCode, up.output).toBe(0);
  const verify = await machine.monstack(["verify"]);
  expect(verify.exitCode, verify.output).toBe(0);
  const results = await machine.results();
  for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
  const seen = (id: string) => results.checks.find((check) => check.id === id)?.seen;
  expect(seen("prometheus-retention")).toBe(
    "storage.tsdb.retention.time is 30d, storage.tsdb.retention.size is 2GiB",
  );
  expect(seen("scrape-settings-effective")).toBe(
    "scrape_interval is 5s, scrape_timeout is 4s, evaluation_interval is 6s",
  );
  expect(seen("storage-effective")).toBe("2 PVCs bound and mounted: prometheus-server 3Gi, grafana 1Gi");
  expect(seen("resources-effective")).toMatch(/^\d+ containers as asked$/);
  const again = await machine.monstack(["plan"]);
  expect(again.stdout).toMatch(/server\.retention: "30d"\n +retention\n/);

  const down = await machine.monstack(["down"]);
  expect(down.exitCode, down.output).toBe(0);

  await writeFile(config, `${asked}${inTheWay}`);
  const upAgain = await machine.monstack(["up"]);
  expect(upAgain.exitCode, upAgain.output).toBe(0);
  for (const [id, says] of [
    ["prometheus-retention", "storage.tsdb.retention.time is 30d, as the setting retention has it"],
    ["storage-effective", "Prometheus writes to /elsewhere, and its volume is mounted at /data"],
    ["resources-effective", "a LimitRange of namespace monitoring: LimitRanger plugin set: cpu"],
  ] as const) {
    const red = await machine.monstack(["verify", "--checks", id]);
    expect(red.exitCode, red.output).toBe(1);
    expect(statuses(await machine.results(), "fail")).toEqual([id]);
    expect(red.output).toContain(says);
    console.log(`${id}: red after ${red.seconds.toFixed(1)} s`);
  }
  console.log(`asked = effective: up ${up.seconds.toFixed(1)} s, ${seconds(results)}`);
}, 1_400_000);
