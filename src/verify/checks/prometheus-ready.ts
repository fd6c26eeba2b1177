import { excerpt, unexpected } from "../../stack/http.ts";
import { prometheusClient } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { notDeployed, pass } from "../../stack/verdicts.ts";

export const prometheusReady: Check = {
  id: "prometheus-ready",
  title: "Prometheus is ready to answer",
  severity: "error",
  meaning:
    "Prometheus runs but can't be queried: it is still replaying its log, or its start doesn't come to an end.",
  fix: "read the log of the prometheus-server pod; give it memory or time to replay a large write-ahead log",
  run,
};

async function run({ context, prometheus }: Stack): Promise<Verdict> {
  if (prometheus === undefined) return notDeployed("Prometheus");
  const answer = await prometheusClient(context, prometheus).ready();
  if (answer.status === 200 && /^Prometheus.* is Ready/i.test(answer.body)) {
    return pass(`${answer.url} answers: ${excerpt(answer.body)}`);
  }
  if (answer.status === 503) {
    return {
      status: "fail",
      expected: `${answer.url} answers HTTP 200`,
      seen: `HTTP 503: ${excerpt(answer.body)}`,
      cause:
        "Prometheus is still starting (it loads its blocks and replays its write-ahead log), or is shutting down",
      fault: { id: "prometheus-not-ready", graceMs: 15_000 },
    };
  }
  throw unexpected(answer, `HTTP ${answer.status}, not as Prometheus does`);
}
