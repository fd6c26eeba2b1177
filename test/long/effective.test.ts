import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { effectiveSettings } from "../e2e/support/apps.ts";
import { startMachine } from "../e2e/support/machine.ts";
import { statuses } from "../e2e/support/results.ts";

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

it("what is asked and can't be in effect is told", async () => {
  await using machine = await startMachine();
  await writeFile(join(machine.folder, "monstack.yaml"), `${effectiveSettings}${inTheWay}`);
  const up = await machine.monstack(["up"]);
  expect(up.exitCode, up.output).toBe(0);
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
});
