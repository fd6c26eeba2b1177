import type { KubeObject } from "../kube/object.ts";
import { objectsOf } from "../model/rendered.ts";
import { renderedGroups } from "../model/rendered-rules.ts";
import { HttpError } from "../stack/http.ts";
import type { PrometheusClient } from "../stack/prometheus.ts";
import type { RuleGroup } from "../stack/prometheus-rules.ts";
import type { Stack } from "../stack/types.ts";

/** As many are compared with Prometheus' help; what is written as Prometheus writes it needs none. */
const mostAsked = 50;

interface Pair {
  readonly group: string;
  readonly rule: string;
  readonly written: string;
  readonly live: string;
}

/**
 * The rules that Prometheus evaluates with another expression than the charts render: it goes on with those from before.
 * Prometheus itself says whether two ways to write one are the same.
 */
export async function otherExpressions(
  stack: Stack,
  client: PrometheusClient,
  groups: readonly RuleGroup[],
): Promise<string[]> {
  if (objectsOf(stack.rendered).some(isRewriting)) return [];
  const differing = pairsOf(stack, groups).filter(({ written, live }) => plain(written) !== plain(live));
  const found = await Promise.all(
    differing.slice(0, mostAsked).map(async ({ group, rule, written, live }) => {
      const isSame = await sameQuery(client, written, live);
      return isSame
        ? []
        : [`${rule} of group ${group} is ${live}, not ${written.replace(/\s+/g, " ").trim()}`];
    }),
  );
  return found.flat();
}

/** An operator that puts a label into every expression. */
function isRewriting({ kind, spec }: KubeObject): boolean {
  return (
    kind === "Prometheus" &&
    Boolean((spec as Record<string, unknown> | undefined)?.["enforcedNamespaceLabel"])
  );
}

/** Of groups with the same rules in the same order; which of several that is doesn't matter when one fits. */
function pairsOf(stack: Stack, live: readonly RuleGroup[]): Pair[] {
  return renderedGroups(stack.rendered).flatMap(({ name, rules }) => {
    const names = rules.map(({ alert, record }) => alert ?? record ?? "");
    const candidates = live.filter(
      (group) => group.name === name && group.rules.map((rule) => rule.name).join() === names.join(),
    );
    const [group] = candidates;
    if (group === undefined || candidates.length > 1) return [];
    return rules.map(({ expr }, index) => ({
      group: name,
      rule: names[index] ?? "",
      written: String(expr),
      live: group.rules[index]?.query ?? "",
    }));
  });
}

function plain(query: string): string {
  return query.replace(/\s+/g, "");
}

/** Old ones don't format queries: then there is no telling. */
async function sameQuery(client: PrometheusClient, one: string, other: string): Promise<boolean> {
  try {
    return (await client.formatQuery(one)) === (await client.formatQuery(other));
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return true;
    throw error;
  }
}
