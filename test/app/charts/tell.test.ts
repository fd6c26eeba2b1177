import { expect, it } from "vitest";
import { warnAboutCharts } from "../../../src/app/charts/unknown-values.ts";
import { openSession } from "../../../src/app/session/open.ts";
import { createHost } from "../../../src/host/create.ts";
import { inFolder } from "../../config/in-folder.ts";
import { upstreamProgram } from "../../support/judge.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { app } from "../../verify/rendered-stack.ts";

it("values without effect are annotations at their line, and a deprecated chart is a warning", async () => {
  await using folder = await inFolder({
    "monstack.yaml": "apps:\n  prometheus:\n    values:\n      nodeExporter: {enabled: false}\n",
  });
  const log = createRecordingLogger();
  const context = { host: await createHost(), log, signal: new AbortController().signal };
  const session = await openSession(context, { cwd: folder.cwd, forwardScript: "/nowhere", upstreamProgram });
  const one = app("prometheus", []);
  const unknown = { app: "prometheus", path: ["nodeExporter"], meant: "prometheus-node-exporter" };
  warnAboutCharts(session, [{ ...one, chart: { ...one.chart, deprecated: true }, unknownValues: [unknown] }]);
  expect(log.lines).toEqual([
    {
      level: "warn",
      message: "prometheus: chart prometheus 1 is deprecated by its authors",
      about: { title: "monstack: deprecated chart" },
    },
    {
      level: "warn",
      message:
        "prometheus: nothing in the chart reads nodeExporter, so it changes nothing; did you mean prometheus-node-exporter?",
      about: { title: "monstack: value without effect", file: "monstack.yaml", line: 4, column: 7 },
    },
  ]);
  expect(session.draft.warnings).toEqual(["prometheus: chart prometheus 1 is deprecated by its authors"]);
});
