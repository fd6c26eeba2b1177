import { cp, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checklistPoints } from "../../src/checklist/points.ts";
import { type Machine, startMachine } from "./support/machine.ts";

const example = resolve(import.meta.dirname, "../../examples/production");

interface Point {
  id: string;
  status: string;
  evidence: { met: boolean; text: string }[];
}

async function points(): Promise<Map<string, Point>> {
  const results = (await machine.results()) as unknown as { checklist: Point[] };
  return new Map(results.checklist.map((point) => [point.id, point]));
}

function against(point: Point | undefined): string {
  return (point?.evidence ?? [])
    .filter(({ met }) => !met)
    .map(({ text }) => text)
    .join("\n");
}

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(async () => await machine[Symbol.asyncDispose]());

it("the default stack is told honestly what it lacks, and fails profile production", async () => {
  const up = await machine.monstack(["up"]);
  expect(up.exitCode, up.output).toBe(0);

  const judged = await machine.monstack(["checklist"]);
  console.log(judged.stdout);
  expect(judged.exitCode, judged.output).toBe(1);
  const seen = await points();
  expect([...seen.keys()]).toEqual(checklistPoints.map(({ id }) => id));
  expect([...seen.values()].map(({ status }) => status)).toEqual(checklistPoints.map(() => "unmet"));
  expect(against(seen.get("production-persistence"))).toContain(
    "Prometheus keeps /data in the volume storage-volume",
  );
  expect(against(seen.get("production-retention"))).toContain("nobody chose a retention: 15d is the default");
  expect(against(seen.get("production-notifications"))).toContain("no receiver of yours");
  expect(against(seen.get("production-rules"))).toContain("there is no alerting rule");
  expect(against(seen.get("production-dashboards"))).toContain("no dashboards");
  expect(against(seen.get("production-rbac"))).toMatch(
    /kube-state-metrics: ClusterRole prometheus-kube-state-metrics may list and watch secrets/,
  );
  expect(against(seen.get("production-limits"))).toMatch(/prometheus-server-\S+ has no memory limit/);
  expect(against(seen.get("production-backup"))).toContain("no archive is named");
  expect(judged.stdout).toContain("[ ] There is a backup (production-backup)");

  const skip = checklistPoints.map(({ id }) => `${id}=not here`).join(",");
  const verify = await machine.monstack([
    "verify",
    "--profile",
    "production",
    "--skip",
    `${skip},production-none`,
  ]);
  expect(verify.exitCode, "an unknown point").toBe(2);
  const strict = await machine.monstack(["verify", "--profile", "production"]);
  expect(strict.exitCode, strict.output).toBe(1);
  expect((await points()).get("production-backup")?.status).toBe("unmet");
  const excused = await machine.monstack(["verify", "--profile", "production", "--skip", skip]);
  expect(excused.exitCode, excused.output).toBe(0);
  expect((await points()).get("production-backup")).toMatchObject({
    status: "left-out",
    evidence: [{ text: "not here" }],
  });

  const down = await machine.monstack(["down"]);
  expect(down.exitCode, down.output).toBe(0);
}, 400_000);

it("the example for production meets all eight points, its receiver and its backup tried for real", async () => {
  await cp(example, machine.folder, { recursive: true });
  const values = join(machine.folder, "prometheus-values.yaml");
  const text = await readFile(values, "utf8");
  expect(text).toContain("https://alerts.example.com/hook");
  await writeFile(values, text.replace("https://alerts.example.com/hook", "http://10.42.0.1:9999/hook"));
  const receiver = machine.start([process.execPath, "-e", hook]);

  const up = await machine.monstack(["up", "--scrape-interval", "5s"], { timeout: 300 });
  expect(up.exitCode, up.output).toBe(0);
  const backup = await machine.monstack(["backup", "--output", "backups/first.tar.gz"]);
  expect(backup.exitCode, backup.output).toBe(0);

  const untried = await machine.monstack(["checklist"]);
  console.log(untried.stdout);
  expect(untried.exitCode, untried.output).toBe(1);
  const before = await points();
  expect([...before.values()].filter(({ status }) => status !== "met").map(({ id }) => id)).toEqual([
    "production-notifications",
  ]);

  const tried = await machine.monstack(["checklist", "--send-test-notification", "true"]);
  console.log(tried.stdout);
  expect(tried.exitCode, tried.output).toBe(0);
  expect([...(await points()).values()].map(({ status }) => status)).toEqual(
    checklistPoints.map(() => "met"),
  );
  expect(receiver.streams.stdout).toContain("monstack tries the receiver on-call");
  receiver.kill("SIGKILL");
}, 600_000);

const hook = `require("http").createServer((request, response) => {
  request.on("data", (bytes) => process.stdout.write(bytes)).on("end", () => response.end());
}).listen(9999, "0.0.0.0")`;
