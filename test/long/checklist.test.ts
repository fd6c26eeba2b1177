import { expect, it } from "vitest";
import { checklistPoints } from "../../src/model/checklist-points.ts";
import { against, points } from "../e2e/support/checklist.ts";
import { startMachine } from "../e2e/support/machine.ts";

it("the default stack is told honestly what it lacks, and fails profile production", async () => {
  await using machine = await startMachine();
  const up = await machine.monstack(["up"]);
  expect(up.exitCode, up.output).toBe(0);

  const judged = await machine.monstack(["checklist"]);
  console.log(judged.stdout);
  expect(judged.exitCode, judged.output).toBe(1);
  const seen = await points(machine);
  expect([...seen.keys()]).toEqual(checklistPoints.map(({ id }) => id));
  expect([...seen.values()].map(({ status }) => status)).toEqual(checklistPoints.map(() => "unmet"));
  expect(against(seen.get("production-persistence"))).toContain(
    "Prometheus keeps /data in the volume storage-volume",
  );
  expect(against(seen.get("production-retention"))).toContain("nobody chose a retention: 15d is the default");
  expect(against(seen.get("production-notifications"))).toContain("no receiver of yours");
  expect(against(seen.get("production-rules"))).toContain("no alerting rule");
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
  expect((await points(machine)).get("production-backup")?.status).toBe("unmet");
  const excused = await machine.monstack(["verify", "--profile", "production", "--skip", skip]);
  expect(excused.exitCode, excused.output).toBe(0);
  expect((await points(machine)).get("production-backup")).toMatchObject({
    status: "left-out",
    evidence: [{ text: "not here" }],
  });

  const down = await machine.monstack(["down"]);
  expect(down.exitCode, down.output).toBe(0);
}, 400_000);
