import { describe, expect, it } from "vitest";
import { findKnownCause } from "../../src/cluster/diagnosis.ts";
import { allRules } from "../../src/diagnose/catalogue.ts";
import type { Evidence } from "../../src/diagnose/evidence.ts";
import { gatherEvidence } from "../../src/diagnose/gather/gather.ts";
import { findCauses } from "../../src/diagnose/rule.ts";
import { createHost } from "../../src/host/create.ts";
import { maxLineLength } from "../../src/lib/text.ts";
import { startProcessorClock } from "../support/processor-clock.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { evidence, failing, grafanaWith, inCluster, logOf, prometheusWith } from "./rules/evidence.ts";

/** Beginnings that rules look for, over and over on one line. */
const pieces = [
  "StatefulSet.apps",
  'a.b "x" is invalid: ',
  'A "x" in namespace "x',
  "lookup x ",
  "lookup ",
  "/var/lib/grafana/x",
  "✗ ",
  "failed to ",
  "GF_PATHS_DATA='",
  "chart requires kubeVersion: ",
  "release x is in namespace x already (",
  "execution error at (",
  "port 1",
  "[1h:",
  "finalizers remaining: ",
  "certificate is valid for ",
  "line 1: cannot unmarshal !!x ",
  "opening storage failed: ",
  "ip_forward ",
  "inotify ",
  'x="\\',
  " ",
  "x",
];

function everywhere(line: string): Evidence {
  const target = { job: "x", url: "http://x", health: "down", labels: {}, discovered: {} };
  const apps = ["prometheus", "alertmanager", "grafana", "kube-dns"];
  return inCluster(
    { logs: apps.map((app) => logOf(app, line)) },
    {
      failure: { message: `app x (chart ${line}`, workloads: [] },
      checks: [failing("targets-up", { seen: line })],
      prometheus: prometheusWith({ targets: [{ ...target, lastError: line }] }),
      grafana: grafanaWith({ proxy: { status: 500, body: line } }),
      host: { k3sLog: line, disk: undefined },
    },
  );
}

describe("one long line doesn't hold up the diagnosis", () => {
  it.each(pieces)("of %j", (piece) => {
    const line = piece.repeat(Math.ceil(20_000 / piece.length));
    const given = everywhere(line);
    const processorMs = startProcessorClock();
    for (const rule of allRules) findCauses(rule, given);
    findKnownCause(line);
    expect(processorMs()).toBeLessThan(2_000);
  });

  it("all that is gathered is cut, but for configurations", async () => {
    const long = "x ".repeat(10_000);
    const input = { ...nothing, failure: { message: `${long}\nsecond`, workloads: [] } };
    const context = {
      host: await createHost({}),
      log: createRecordingLogger(),
      signal: new AbortController().signal,
    };
    const { failure } = await gatherEvidence(context, input);
    expect(failure?.message.length).toBeLessThan(maxLineLength + 100);
    expect(failure?.message).toMatch(/more characters\)\nsecond$/);
  });
});

const nothing = {
  kube: undefined,
  prometheus: undefined,
  alertmanager: undefined,
  grafana: undefined,
  rendered: undefined,
  deployedAt: evidence().deployedAt,
  checks: undefined,
  findings: undefined,
  stateDir: undefined,
};
