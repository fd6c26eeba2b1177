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

/** Something that Prometheus takes and that means another thing than its writer thinks. */
interface Trap {
  /** Stable, kebab case. */
  readonly id: string;
  readonly what: string;
  /** In the expression, from 0. */
  readonly character: number;
  /** The whole expression without this and the other traps; undefined if it can't be rewritten. */
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

type Parsed = Extract<ParsedQuery, { status: "parsed" }>;

/** Returns the known traps in an expression, in the order of the text. */
export function findTraps(expr: string, parsed: ParsedQuery, options: TrapOptions): Trap[] {
  if (parsed.status === "invalid") return [];
  const found: Found[] = [
    ...parsed.selectors.flatMap((selector) => findRootCgroup(selector, parsed)),
    ...findUnlimitedDivisors(expr, parsed),
    ...(options.scrapeMs === undefined ? [] : findShortWindows(parsed.windows, options.scrapeMs)),
    ...(options.localPath ? findVolumeStats(parsed.selectors) : []),
  ];
  const instead = applyEdits(
    expr,
    found.flatMap(({ edits }) => edits),
  );
  return found
    .sort((a, b) => a.character - b.character)
    .map(({ edits, ...trap }) => ({ ...trap, instead: edits.length > 0 ? instead : undefined }));
}

/** cAdvisor's families that have a series for each cgroup: the container's, its pod's, and all above up to the root. */
const perCgroup = /^container_(memory|cpu|spec|fs|tasks|processes|threads|file_descriptors|sockets)(_|$)/;

/** Labels that differ between a container and the cgroups above it. */
const ofContainer: readonly string[] = ["container", "id", "image", "name"];

const sums = /^(sum|avg|count|stddev|stdvar|quantile)$/;

/** Returns the trap of a sum over containers that counts the root cgroup and the pods' own cgroups as well. */
function findRootCgroup({ metric = "", matchers, from, to, text }: Selector, parsed: Parsed): Found[] {
  if (!perCgroup.test(metric)) return [];
  if (matchers.some(({ label }) => ofContainer.includes(label))) return [];
  const aggregate = findNodesAround(parsed.tree, { from, to }).find(({ kind }) => kind === "aggregation");
  if (aggregate === undefined || !sums.test(aggregate.name ?? "")) return [];
  if (keepsContainers(aggregate, parsed)) return [];
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

function keepsContainers({ index = -1 }: Node, { aggregations }: Parsed): boolean {
  const { without = false, labels = [] } = aggregations[index] ?? {};
  const isNamed = (label: string) => labels.includes(label);
  return without ? !ofContainer.every(isNamed) : ofContainer.some(isNamed);
}

/** Metrics that are 0 without a limit. A CPU quota has no series without a limit, so a division by it returns nothing. */
const unlimited = /^container_spec_memory_(swap_|reservation_)?limit_bytes$/;

/** Returns the traps of divisions by a limit, which is 0 for a container without a limit. */
function findUnlimitedDivisors(expr: string, { tree, selectors }: Parsed): Found[] {
  return listNodes(tree)
    .filter(({ kind, operator }) => kind === "binary" && operator === "/")
    .flatMap(({ children }): Found[] => {
      const divisor = children.at(-1);
      const limit =
        divisor &&
        selectors.find((selector) => isWithin(selector, divisor) && unlimited.test(selector.metric ?? ""));
      if (!divisor || !limit || isFiltered(divisor) || leavesOutUnlimited(tree, selectors)) return [];
      return [
        {
          id: "divided-by-no-limit",
          what: `${limit.metric} is 0 for a container without a limit: the quotient is +Inf, which is above every threshold`,
          character: limit.from,
          edits: wrapDivisor(expr, divisor),
        },
      ];
    });
}

function isWithin(inner: Span, outer: Span): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}

/** Returns insertions that add `> 0` to a divisor. They are around the divisor, so that edits within it stay possible. */
function wrapDivisor(expr: string, { from, to, kind, children: [inner] }: Node): Edit[] {
  if (kind === "paren" && inner?.kind === "selector") return [{ from: to - 1, to: to - 1, text: " > 0" }];
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
  const isLimit = ({ kind, index = -1 }: Node) =>
    kind === "selector" && unlimited.test(selectors[index]?.metric ?? "");
  const isInfinite = ({ kind, number = "" }: Node) => kind === "number" && /inf/i.test(number);
  return listNodes(tree).some(
    ({ kind, operator = "", children }) =>
      kind === "binary" &&
      /^([<>]=?|[!=]=)$/.test(operator) &&
      children.some((side) => isLimit(side) || listNodes(side).some(isInfinite)),
  );
}

function isFiltered(divisor: Node): boolean {
  return listNodes(divisor).some(
    ({ kind, operator = "" }) => kind === "binary" && [">", ">=", "!="].includes(operator),
  );
}

/**
 * Returns the traps of windows that are too short. rate() needs two samples in its window, and four scrapes leave room
 * for a failed one.
 */
function findShortWindows(windows: readonly RangeWindow[], scrapeMs: number): Found[] {
  return windows.flatMap(({ ms, selector, text, textFrom, textTo, function: functionName }) => {
    // What is recorded has the interval of its rule group.
    if (ms === undefined || selector === undefined || selector.metric?.includes(":")) return [];
    if (ms >= 2 * scrapeMs) return [];
    return [
      {
        id: "window-too-short",
        what: `the range [${text}] is shorter than two scrapes (one every ${formatDuration(scrapeMs)}): ${functionName ?? "a function over it"} finds one sample or none, and the expression is empty`,
        character: textFrom,
        edits: [{ from: textFrom, to: textTo, text: formatDuration(4 * scrapeMs) }],
      },
    ];
  });
}

/** Returns the trap of a kubelet_volume_stats metric, which k3s' local-path volumes do not have. */
function findVolumeStats(selectors: readonly Selector[]): Found[] {
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

function applyEdits(expr: string, edits: readonly Edit[]): string {
  const inOrder = edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => b.from - a.from || b.index - a.index);
  return inOrder.reduce(
    (result, { from, to, text: put }) => result.slice(0, from) + put + result.slice(to),
    expr,
  );
}
