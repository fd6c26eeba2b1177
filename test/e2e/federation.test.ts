import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { federation } from "./support/federation.ts";
import { startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

const env = { STORE_TOKEN: "not-to-be-seen-anywhere" };

// With helm 3: the other tests have helm 4.
it("series come from another Prometheus, and go to it", async () => {
  await using machine = await startMachine();
  const file = join(machine.folder, "monstack.yaml");
  await writeFile(file, federation(", external_labels: {cluster: other}", "source", "/api/v1/write"));
  const up = await machine.monstack(["up", "--helm-version", "v3"], { env });
  expect(up.exitCode, up.output).toBe(0);
  expect(up.output).toMatch(/helm v3\.\d+\.\d+: /);
  const verify = await machine.monstack(["verify", "--helm-version", "v3"], { env });
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

  console.log(`federation: up ${up.seconds.toFixed(1)} s, ${seconds(results)}`);
});
