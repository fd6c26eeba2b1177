import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { guideReceivers, guideRules } from "../e2e/support/guide.ts";
import { startMachine } from "../e2e/support/machine.ts";
import { statuses } from "../e2e/support/results.ts";

const env = { SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T0AB/B0CD/e2e-very-secret-path" };

it("the guide's receivers are proven, its rules evaluated, and its secrets shown nowhere", async () => {
  await using machine = await startMachine();
  await writeFile(join(machine.folder, "alertmanager-config.yaml"), guideReceivers);
  await writeFile(join(machine.folder, "smtp-password"), "e2e-app-password-4711\n");
  await writeFile(join(machine.folder, "custom-rules.yaml"), guideRules);
  const files = ["--alertmanager-config", "alertmanager-config.yaml", "--rules", "custom-rules.yaml"];
  const run = await machine.monstack(["run", ...files, "--alert-receivers", "capture"], { env });
  expect(run.exitCode, run.output).toBe(0);
  const results = await machine.results();
  expect(statuses(results, "pass")).toEqual(
    expect.arrayContaining(["alert-delivery", "rule-delivery", "rules-healthy"]),
  );
  const delivery = results.checks.find(({ id }) => id === "alert-delivery");
  expect(delivery?.seen).toMatch(/arrived at slack \(slack\), email \(email\)/);
  expect(run.stderr).toMatch(/alertmanager-config\.yaml:2:3: there is no route, so one is made/);
  const report = join(machine.folder, "report");
  for (const name of await readdir(report)) {
    const text = name.includes(".") ? await readFile(join(report, name), "utf8") : "";
    expect(text + run.output).not.toMatch(/e2e-very-secret-path|e2e-app-password-4711/);
  }
});
