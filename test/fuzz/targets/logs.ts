import { findFatalLine, findKnownCause } from "../../../src/cluster/diagnosis.ts";
import { diagnose } from "../../../src/diagnose/diagnose.ts";
import type { Evidence } from "../../../src/diagnose/evidence.ts";
import { createRedactor } from "../../../src/lib/redact/redactor.ts";
import { clipTexts } from "../../../src/lib/text.ts";
import {
  evidence,
  failing,
  grafanaWith,
  inCluster,
  logOf,
  prometheusWith,
} from "../../diagnose/rules/evidence.ts";
import { target } from "../fuzz.ts";
import { longText, mutated, oddText, type Random } from "../random.ts";

/** What the rules look for. */
const words = [
  'level=error msg="x" err="lookup x on 10.43.0.10:53: no such host"',
  'logger=sqlstore level=error msg="failed to connect to database: database is locked"',
  'StatefulSet.apps "x" is invalid: spec: Forbidden: updates to statefulset spec for fields other than',
  'failed calling webhook "x": Post "https://x": dial tcp 10.43.0.1:443: connect: connection refused',
  'E1123 20:00:02.100301 1 reflector.go:150] pods is forbidden: User "system:serviceaccount:a:b" cannot list',
  'time="2026-11-23T20:00:00Z" level=fatal msg="listen tcp :6443: bind: address already in use"',
  '{"level":"error","ts":1700000000.1,"msg":"x","error":"✗ Failed: database is locked"}',
  "password=hunter2-correct-horse token: abcdefgh Authorization: Bearer abc.def.ghi1",
  "https://user:hunter2-correct-horse@example.com/hooks/x?token=hunter2-correct-horse",
  "found in Chart.yaml, but missing in charts/ directory: x",
  "-----BEGIN PRIVATE KEY-----",
];

function line(random: Random): string {
  if (random.chance(0.1)) return longText(random, words);
  if (random.chance(0.1)) return longText(random);
  return mutated(random, `${random.pick(words)} ${oddText(random)}`);
}

function evidenceOf(text: string): Evidence {
  const of = { job: "x", url: "http://x", health: "down", labels: {}, discovered: {} };
  const apps = ["prometheus", "alertmanager", "grafana", "kube-dns", "kube-state-metrics"];
  return inCluster(
    { logs: apps.map((app) => logOf(app, text)) },
    {
      failure: { message: `installing app x (chart x 1.0.0): ${text}`, workloads: [] },
      checks: [failing("targets-up", { seen: text }), failing("grafana-healthy", { seen: text })],
      prometheus: prometheusWith({ targets: [{ ...of, lastError: text }] }),
      grafana: grafanaWith({ proxy: { status: 500, body: text } }),
      host: { ...evidence().host, k3sLog: text },
    },
  );
}

export const logs = target({
  name: "log lines",
  generate: (random: Random) => random.list(4, () => line(random)).join(random.pick(["\n", "\r\n", "\r"])),
  run: (text) => {
    const given = clipTexts(evidenceOf(text));
    diagnose(given);
    diagnose({ ...given, failure: undefined });
    const log = given.host.k3sLog ?? "";
    findKnownCause(log);
    findFatalLine(log);
    const shown = createRedactor(["hunter2-correct-horse"]).text(log);
    if (shown.includes("hunter2-correct-horse")) throw new Error(`a secret is left: ${shown}`);
  },
});
