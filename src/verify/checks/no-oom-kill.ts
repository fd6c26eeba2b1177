import { listAllPods } from "../../stack/kube.ts";
import { type PrometheusClient, prometheusClient } from "../../stack/prometheus.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";
import { sinceBaseline } from "../baseline.ts";

export const noOomKill: Check = {
  id: "no-oom-kill",
  title: "The kernel killed nothing for want of memory",
  severity: "error",
  absence: "targets",
  meaning: "A container needed more memory than its limit, or the machine had none left.",
  fix: "raise resources.limits.memory of the container that is named, or let it do less",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  const { baseline } = stack;
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is no time to look at");
  const pods = await listAllPods(stack);
  const expected = "no container was ended as OOMKilled";
  if (pods.length === 0) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: "the API server lists no pod", fault };
  }
  const since = Date.parse(stack.deployedAt);
  const killed = pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name, state, lastState }) => {
      const ends = [state?.terminated, lastState?.terminated];
      const end = ends.find((one) => one?.reason === "OOMKilled" && Number(one.finishedAt ?? 0) >= since);
      return end === undefined ? [] : [`container ${name} of pod ${metadata?.namespace}/${metadata?.name}`];
    }),
  );
  const counted = stack.prometheus
    ? await countedKills(prometheusClient(stack.context, stack.prometheus), sinceBaseline(stack, baseline))
    : [];
  const all = [...new Set([...killed, ...counted])];
  if (all.length === 0) return pass(`${count(pods.length, "pod")} looked at, none was killed`);
  return { status: "fail", expected, seen: listOf(all), final: true };
}

/** Processes inside a container that lived on: the pod's own state doesn't show them. */
async function countedKills(client: PrometheusClient, range: string): Promise<string[]> {
  const kills = await client.query(`increase(container_oom_events_total{container!=""}[${range}]) > 0`);
  return kills.map(
    ({ labels }) => `container ${labels["container"]} of pod ${labels["namespace"]}/${labels["pod"]}`,
  );
}
