import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { emptyPlace } from "./support/bundle.ts";

const example = join(import.meta.dirname, "../../examples/use-case-03");

it("plan accepts what init writes for sbkube's folder of the use case, and for an empty one", async () => {
  await using place = await emptyPlace();
  expect((await place.monstack("init")).exitCode).toBe(0);
  const empty = await place.monstack("plan", "--offline");
  expect([empty.exitCode, empty.stderr]).toEqual([0, ""]);
  await using folder = await emptyPlace();
  for (const name of ["sbkube", "prometheus-values", "grafana-values", "alertmanager-config", "custom-rules"])
    await cp(join(example, `${name}.yaml`), join(folder.cwd, `${name}.yaml`));
  const { exitCode, stdout } = await folder.monstack("init");
  expect([exitCode, stdout.match(/^left out.*/gm)]).toEqual([0, null]);
  const plan = await folder.monstack("plan", "--offline");
  expect(plan.exitCode, plan.stderr).toBe(0);
  expect(plan.stdout).toMatch(/prometheus-community\/prometheus.*25\.3\.1/);
  expect(plan.stdout).toContain("custom-rules.yaml");
});
