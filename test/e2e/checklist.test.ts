import { cp, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checklistPoints } from "../../src/model/checklist-points.ts";
import { points } from "./support/checklist.ts";
import { type Machine, startMachine } from "./support/machine.ts";

const example = resolve(import.meta.dirname, "../../examples/production");

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(async () => await machine[Symbol.asyncDispose]());

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
  const before = await points(machine);
  expect([...before.values()].filter(({ status }) => status !== "met").map(({ id }) => id)).toEqual([
    "production-notifications",
  ]);

  const tried = await machine.monstack(["checklist", "--send-test-notification", "true"]);
  console.log(tried.stdout);
  expect(tried.exitCode, tried.output).toBe(0);
  expect([...(await points(machine)).values()].map(({ status }) => status)).toEqual(
    checklistPoints.map(() => "met"),
  );
  expect(receiver.streams.stdout).toContain("monstack tries the receiver on-call");
  receiver.kill("SIGKILL");
}, 600_000);

const hook = `require("http").createServer((request, response) => {
  request.on("data", (bytes) => process.stdout.write(bytes)).on("end", () => response.end());
}).listen(9999, "0.0.0.0")`;
