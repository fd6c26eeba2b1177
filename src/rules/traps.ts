import { formatDuration } from "../lib/duration.ts";
import {
  findNodesAround,
  listNodes,
  type Node,
  type ParsedQuery,
  type RangeWindow,
  type Selector,
  type Span,
} from "../promql/promql.ts";

/** A part of an expression that Prometheus accepts, but that has another meaning than its author usually intends. */
interface Trap {
  /** Stable, kebab case. */
  readonly id: string;
  /** A sentence about the trap for the user. */
  readonly what: string;
  /** The offset in the expression, from 0. */
  readonly character: number;
  /**
   * The whole expression with the corrections of all its traps, this one included; undefined if there is no correction
   * for this one.
   */
  readonly correctedExpr: string | undefined;
}

export interface TrapOptions {
  /** Milliseconds between two samples of a series; undefined: unknown. */
  readonly scrapeMs: number | undefined;
  /** True if volumes are from k3s' local-path provisioner. */
  readonly localPath: boolean;
}

/** A replacement of a part of the expression; an insertion if `from` and `to` are equal. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A trap with the edits of the expression that correct it; empty if none can. */
type FoundTrap = Omit<Trap, "correctedExpr"> & { readonly edits: readonly Edit[] };

type Parsed = Extract<ParsedQuery, { status: "parsed" }>;

/**
 * Returns the known traps in an expression, in the order of the text. A trap is a part that Prometheus accepts but that
 * usually does not mean what its author intends.
 */
export function findTraps(expr: string, parsed: ParsedQuery, options: TrapOptions): Trap[] {
  if (parsed.status === "invalid") return [];
  const foundTraps: FoundTrap[] = [
    ...parsed.selectors.flatMap((selector) => findRootCgroupTrap(selector, parsed)),
    ...findUnlimitedDivisorTraps(expr, parsed),
    ...(options.scrapeMs === undefined ? [] : findShortWindowTraps(parsed.windows, options.scrapeMs)),
    ...(options.localPath ? findVolumeStatsTrap(parsed.selectors) : []),
  ];
  const correctedExpr = applyEdits(
    expr,
    foundTraps.flatMap(({ edits }) => edits),
  );
  return foundTraps
    .sort((a, b) => a.character - b.character)
    .map(({ edits, ...trap }) => ({ ...trap, correctedExpr: edits.length > 0 ? correctedExpr : undefined }));
}

/**
 * cAdvisor's metrics that have a series for each cgroup: the container's, its pod's, and all cgroups above up to the
 * root.
 */
const cgroupMetrics = /^container_(memory|cpu|spec|fs|tasks|processes|threads|file_descriptors|sockets)(_|$)/;

/** Labels that differ between a container and the cgroups above it. */
const containerLabels: readonly string[] = ["container", "id", "image", "name"];

/** Aggregations whose result is wrong if a container is counted several times. */
const summingAggregations = /^(sum|avg|count|stddev|stdvar|quantile)$/;

/**
 * Returns the trap of a sum over containers that also counts the root cgroup and the pods' own cgroups; empty if the
 * selector or the aggregation separates containers. The correction selects only series with a container and a pod.
 */
function findRootCgroupTrap(
  { metric = "", matchers, from, to, text }: Selector,
  parsed: Parsed,
): FoundTrap[] {
  if (!cgroupMetrics.test(metric)) return [];
  if (matchers.some(({ label }) => containerLabels.includes(label))) return [];
  const aggregation = findNodesAround(parsed.tree, { from, to }).find(({ kind }) => kind === "aggregation");
  if (aggregation === undefined || !summingAggregations.test(aggregation.name ?? "")) return [];
  if (keepsContainers(aggregation, parsed)) return [];
  const addedMatchers = ["container", ...(matchers.some(({ label }) => label === "pod") ? [] : ["pod"])]
    .map((label) => `${label}!=""`)
    .join(",");
  const closingBrace = text.lastIndexOf("}");
  const edit =
    closingBrace === -1
      ? { from: to, to, text: `{${addedMatchers}}` }
      : {
          from: from + closingBrace,
          to: from + closingBrace,
          text: /[{,]\s*$/.test(text.slice(0, closingBrace)) ? addedMatchers : `,${addedMatchers}`,
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

/** True if the result of an aggregation still has one series for each container. */
function keepsContainers({ index = -1 }: Node, { aggregations }: Parsed): boolean {
  const { without = false, labels = [] } = aggregations[index] ?? {};
  const isNamed = (label: string) => labels.includes(label);
  return without ? !containerLabels.every(isNamed) : containerLabels.some(isNamed);
}

/** Metrics that are 0 without a limit. A CPU quota has no series without a limit, so a division by it returns nothing. */
const limitMetrics = /^container_spec_memory_(swap_|reservation_)?limit_bytes$/;

/** Returns the traps of divisions by a limit, which is 0 for a container without a limit. */
function findUnlimitedDivisorTraps(expr: string, { tree, selectors }: Parsed): FoundTrap[] {
  return listNodes(tree)
    .filter(({ kind, operator }) => kind === "binary" && operator === "/")
    .flatMap(({ children }): FoundTrap[] => {
      const divisor = children.at(-1);
      const limitSelector =
        divisor &&
        selectors.find((selector) => isWithin(selector, divisor) && limitMetrics.test(selector.metric ?? ""));
      if (!divisor || !limitSelector || isFiltered(divisor) || leavesOutUnlimited(tree, selectors)) return [];
      return [
        {
          id: "divided-by-no-limit",
          what: `${limitSelector.metric} is 0 for a container without a limit: the quotient is +Inf, which is above every threshold`,
          character: limitSelector.from,
          edits: wrapDivisor(expr, divisor),
        },
      ];
    });
}

/** True if the inner span lies in the outer one. */
function isWithin(inner: Span, outer: Span): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}

/** Returns insertions that add `> 0` to a divisor. They are around the divisor, so that edits within it stay possible. */
function wrapDivisor(expr: string, { from, to, kind, children: [innerNode] }: Node): Edit[] {
  if (kind === "paren" && innerNode?.kind === "selector") return [{ from: to - 1, to: to - 1, text: " > 0" }];
  const space = /\s$/.test(expr.slice(0, from)) ? "" : " ";
  return [
    { from, to: from, text: `${space}(` },
    { from: to, to, text: " > 0)" },
  ];
}

/**
 * True if another part of the expression excludes containers without a limit: `and container_spec_memory_limit_bytes >
 * 0`, or a comparison with infinity.
 */
function leavesOutUnlimited(tree: Node, selectors: readonly Selector[]): boolean {
  const isLimitSelector = ({ kind, index = -1 }: Node) =>
    kind === "selector" && limitMetrics.test(selectors[index]?.metric ?? "");
  const isInfinite = ({ kind, number = "" }: Node) => kind === "number" && /inf/i.test(number);
  return listNodes(tree).some(
    ({ kind, operator = "", children }) =>
      kind === "binary" &&
      /^([<>]=?|[!=]=)$/.test(operator) &&
      children.some((side) => isLimitSelector(side) || listNodes(side).some(isInfinite)),
  );
}

/** True if the divisor contains a comparison that leaves out 0. */
function isFiltered(divisor: Node): boolean {
  return listNodes(divisor).some(
    ({ kind, operator = "" }) => kind === "binary" && [">", ">=", "!="].includes(operator),
  );
}

/** The suggested window in scrapes. */
const suggestedScrapes = 4;

/**
 * Returns the traps of windows that are too short. rate() needs two samples in its window, and four scrapes leave room
 * for a failed one.
 */
function findShortWindowTraps(windows: readonly RangeWindow[], scrapeMs: number): FoundTrap[] {
  return windows.flatMap(({ ms: windowMs, selector, text, textFrom, textTo, function: functionName }) => {
    // A recorded series (its name has a colon) gets its samples at the interval of its rule group.
    if (windowMs === undefined || selector === undefined || selector.metric?.includes(":")) return [];
    if (windowMs >= 2 * scrapeMs) return [];
    return [
      {
        id: "window-too-short",
        what: `the range [${text}] is shorter than two scrapes (one every ${formatDuration(scrapeMs)}): ${functionName ?? "a function over it"} finds one sample or none, and the expression is empty`,
        character: textFrom,
        edits: [{ from: textFrom, to: textTo, text: formatDuration(suggestedScrapes * scrapeMs) }],
      },
    ];
  });
}

/**
 * Returns the trap of the first kubelet_volume_stats metric, which k3s' local-path volumes do not have. One message for
 * an expression is enough.
 */
function findVolumeStatsTrap(selectors: readonly Selector[]): FoundTrap[] {
  return selectors
    .filter(({ metric }) => metric?.startsWith("kubelet_volume_stats_"))
    .slice(0, 1)
    .map(({ metric, from }) => ({
      id: "volume-stats-missing",
      what: `${metric} doesn't exist for k3s' local-path volumes: the rule stays silent however full a volume is; node_filesystem_avail_bytes measures the disk that they are on`,
      character: from,
      edits: [],
    }));
}

/**
 * Returns the expression after the edits. The last edit is applied first, so that the offsets of the others stay
 * valid.
 */
function applyEdits(expr: string, edits: readonly Edit[]): string {
  const lastFirst = edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => b.from - a.from || b.index - a.index);
  return lastFirst.reduce(
    (result, { from, to, text: replacement }) => result.slice(0, from) + replacement + result.slice(to),
    expr,
  );
}
