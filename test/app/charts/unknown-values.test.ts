import { join } from "node:path";
import { expect, test } from "vitest";
import { findUnknownValues } from "../../../src/app/charts/unknown-values.ts";
import { createHost } from "../../../src/host/create.ts";
import type { PlannedApp } from "../../../src/model/plan.ts";
import { makePlan } from "../../../src/plan/make-plan.ts";
import { inFolder } from "../../config/in-folder.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

const lab = join(import.meta.dirname, "../../../lab/charts");

async function found(files: Record<string, string>, name: string, path = join(lab, name)) {
  await using folder = await inFolder(files);
  const loaded = await folder.load();
  const log = createRecordingLogger();
  const context = { host: await createHost(), log, signal: new AbortController().signal };
  const plan = makePlan(loaded.config, { valuesFiles: loaded.valuesFiles });
  const app = plan.apps.find((one) => one.name === name) as PlannedApp;
  const chart = { path, name, version: "1", appVersion: "", sha256: undefined, origin: path };
  return { unknown: await findUnknownValues({ context, loaded }, app, chart), log };
}

test("of the default apps nothing is unknown, whatever the profile adds", async () => {
  for (const name of ["prometheus", "grafana"]) expect((await found({}, name)).unknown).toEqual([]);
});

test("the user's own keys are looked at, from files and from the configuration", async () => {
  const files = {
    "monstack.yaml": "apps: {prometheus: {values: [v.yaml, {pushgateway: {enabled: false}}]}}\n",
    "v.yaml": "nodeExporter: {enabled: true}\nserver: {retention: 2d}\n",
  };
  const { unknown } = await found(files, "prometheus");
  expect(unknown?.map(({ path }) => path.join("."))).toEqual(["nodeExporter", "pushgateway"]);
});

test("a chart that can't be read leaves it open, and says why when asked", async () => {
  const archive = join(lab, "../not-there.tgz");
  const { unknown, log } = await found({}, "grafana", archive);
  expect(unknown).toBe(undefined);
  expect(log.lines).toEqual([{ level: "debug", message: expect.stringContaining("not-there.tgz") }]);
});
