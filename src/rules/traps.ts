import type { SyntaxNode } from "@lezer/common";
import { formatDuration } from "../config/duration.ts";
import { isWithin, type ParsedNodes, parseNodes } from "../promql/nodes.ts";
import { parseQuery, type Selector } from "../promql/promql.ts";

/** Something that Prometheus takes and that means another thing than its writer thinks. */
export interface Trap {
  /** Stable, kebab case. */
  readonly id: string;
  readonly what: string;
  /** In the expression, from 0. */
  readonly character: number;
  /** The whole expression without this and the other traps; undefined when there is no rewriting it. */
  readonly instead: string | undefined;
}

export interface TrapOptions {
  /** How often series get a sample, in milliseconds; undefined: not known. */
  readonly scrapeMs: number | undefined;
  /** Volumes are of k3s' local-path provisioner. */
  readonly localPath: boolean;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

type Found = Omit<Trap, "instead"> & { readonly edits: readonly Edit[] };

/** The known traps in an expression, in the order in which they stand there. What isn't PromQL has none. */
export function trapsIn(expr: string, options: TrapOptions): Trap[] {
  const parsed = parseQuery(expr);
  if (parsed.status === "invalid") return [];
  const nodes = parseNodes(expr);
  const found: Found[] = [
    ...parsed.selectors.flatMap((selector) => rootCgroup(selector, nodes)),
    ...divisors(expr, nodes, parsed.selectors),
    ...(options.scrapeMs === undefined ? [] : shortWindows(expr, parsed.windows, options.scrapeMs)),
    ...(options.localPath ? silentVolumes(parsed.selectors) : []),
  ];
  const instead = rewrite(
    expr,
    found.flatMap(({ edits }) => edits),
  );
  return found
    .sort((a, b) => a.character - b.character)
    .map(({ edits, ...trap }) => ({ ...trap, instead: edits.length > 0 ? instead : undefined }));
}

/** cAdvisor's families that have a series for each cgroup: the container's, its pod's, and all above up to the root. */
const perCgroup = /^container_(memory|cpu|spec|fs|tasks|processes|threads|file_descriptors|sockets)(_|$)/;

const sums = /^(sum|avg|count|stddev|stdvar|quantile)$/i;

/** Summed up over containers, the root cgroup and the pods' own cgroups are counted as well. */
function rootCgroup({ metric = "", matchers, from, to, text }: Selector, nodes: ParsedNodes): Found[] {
  if (!perCgroup.test(metric)) return [];
  if (matchers.some(({ label }) => ["container", "id", "image", "name"].includes(label))) return [];
  const aggregate = nodes.above({ from, to }).find(({ name }) => name === "AggregateExpr");
  if (aggregate === undefined || !sums.test(nodes.text(aggregate.firstChild))) return [];
  if (keepsContainers(aggregate, nodes)) return [];
  const added = ["container", ...(matchers.some(({ label }) => label === "pod") ? [] : ["pod"])]
    .map((label) => `${label}!=""`)
    .join(",");
  const close = text.lastIndexOf("}");
  const edit =
    close === -1
      ? { from: to, to, text: `{${added}}` }
      : {
          from: from + close,
          to: from + close,
          text: /[{,]\s*$/.test(text.slice(0, close)) ? added : `,${added}`,
        };
  return [
    {
      id: "root-cgroup",
      what: `${metric} has a series for each container, for the pod that it is in and for all cgroups above: summed up, memory or CPU is counted several times`,
      character: from,
      edits: [edit],
    },
  ];
}

function keepsContainers(aggregate: SyntaxNode, nodes: ParsedNodes): boolean {
  const modifier = nodes.text(aggregate.getChild("AggregateModifier"));
  const names = [...modifier.matchAll(/[\w.]+/g)].map(([name]) => name);
  const hasContainer = names.includes("container") || names.includes("id");
  return /^\s*by/i.test(modifier) ? hasContainer : /^\s*without/i.test(modifier) && !hasContainer;
}

/** 0 where nothing is limited. */
const unlimited = /^container_spec_(memory_(swap_|reservation_)?limit_bytes|cpu_quota)$/;

function divisors(expr: string, nodes: ParsedNodes, selectors: readonly Selector[]): Found[] {
  return nodes.all
    .filter(({ name, firstChild }) => name === "BinaryExpr" && firstChild?.nextSibling?.name === "Div")
    .flatMap((division): Found[] => {
      const divisor = division.lastChild;
      const limit =
        divisor && selectors.find((one) => isWithin(one, divisor) && unlimited.test(one.metric ?? ""));
      if (!divisor || !limit || isFiltered(divisor, nodes)) return [];
      const inner = divisor.name === "ParenExpr" ? nodes.text(divisor).slice(1, -1) : nodes.text(divisor);
      return [
        {
          id: "divided-by-no-limit",
          what: `${limit.metric} is 0 for a container without a limit: the quotient is +Inf, which is above every threshold`,
          character: limit.from,
          edits: wrap(expr, divisor, inner),
        },
      ];
    });
}

/** Around it, so that edits within it are kept. */
function wrap(expr: string, { from, to, name }: SyntaxNode, inner: string): Edit[] {
  if (name === "ParenExpr" && /^\w+(\{[^}]*\})?$/.test(inner.trim()))
    return [{ from: to - 1, to: to - 1, text: " > 0" }];
  const space = /\s$/.test(expr.slice(0, from)) ? "" : " ";
  return [
    { from, to: from, text: `${space}(` },
    { from: to, to, text: " > 0)" },
  ];
}

function isFiltered(divisor: SyntaxNode, nodes: ParsedNodes): boolean {
  const comparison = /^(Gtr|Gte|Neq)$/;
  return nodes.all.some(
    (node) =>
      node.name === "BinaryExpr" &&
      isWithin(node, divisor) &&
      comparison.test(node.firstChild?.nextSibling?.name ?? ""),
  );
}

type Windows = Extract<ReturnType<typeof parseQuery>, { status: "parsed" }>["windows"];

/** rate() needs two samples in its window, and four scrapes leave room for one that failed. */
function shortWindows(expr: string, windows: Windows, scrapeMs: number): Found[] {
  return windows.flatMap(({ ms, selector, text, to, function: by }) => {
    // What is recorded has the interval of its rule group.
    if (ms === undefined || selector === undefined || selector.metric?.includes(":")) return [];
    if (ms >= 2 * scrapeMs) return [];
    const at = expr.lastIndexOf(text, to);
    return [
      {
        id: "window-too-short",
        what: `the range [${text}] is shorter than two scrapes (one every ${formatDuration(scrapeMs)}): ${by ?? "a function over it"} finds one sample or none, and the expression is empty`,
        character: at,
        edits: [{ from: at, to: at + text.length, text: formatDuration(4 * scrapeMs) }],
      },
    ];
  });
}

function silentVolumes(selectors: readonly Selector[]): Found[] {
  return selectors
    .filter(({ metric }) => metric?.startsWith("kubelet_volume_stats_"))
    .slice(0, 1)
    .map(({ metric, from }) => ({
      id: "volume-stats-missing",
      what: `${metric} doesn't exist for k3s' local-path volumes: the rule stays silent however full a volume is; node_filesystem_avail_bytes tells of the disk that they are on`,
      character: from,
      edits: [],
    }));
}

function rewrite(expr: string, edits: readonly Edit[]): string {
  const inOrder = edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => b.from - a.from || b.index - a.index);
  return inOrder.reduce((text, { from, to, text: put }) => text.slice(0, from) + put + text.slice(to), expr);
}
