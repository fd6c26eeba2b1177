/** One table, rule, chain or policy as `TOOL -t TABLE ARGUMENTS`, e.g. `iptables-nft -t nat -A PREROUTING -j KUBE-SERVICES`; a table alone as `TOOL -t TABLE`. */
export type IptablesLine = string;

/** The programs for the kernel's rules, each with a `-save` and a `-restore`. Root runs no others for that. */
export const iptablesTools = [
  "iptables-nft",
  "iptables-legacy",
  "iptables",
  "ip6tables-nft",
  "ip6tables-legacy",
  "ip6tables",
] as const;

export type IptablesTool = (typeof iptablesTools)[number];

/** Chains that Kubernetes, CNI plugins and flannel make, and words that only their rules have. */
const clusterChainPattern = /^(KUBE-|CNI-|FLANNEL-)/;
const clusterRulePattern = /KUBE-|CNI-|flannel|\bcni0\b/i;

/** True if a rule, chain or policy is of the kind that k3s makes; not whether ours made it. */
export function mentionsClusterChain(line: IptablesLine): boolean {
  return clusterRulePattern.test(line);
}

/**
 * Reads what `iptables-save` printed, without counters and comments. Built-in chains count only when their policy isn't
 * ACCEPT: looking at a table is enough to make its empty chains.
 */
export function parseSave(tool: IptablesTool, text: string): IptablesLine[] {
  let table = "";
  const lines: IptablesLine[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.replace(/^\[\d+:\d+\] /, "").trim();
    if (line.startsWith("*")) {
      table = line.slice(1);
      lines.push(`${tool} -t ${table}`);
    }
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain?.[2] === "-") lines.push(`${tool} -t ${table} -N ${chain[1]}`);
    else if (chain && chain[2] !== "ACCEPT") lines.push(`${tool} -t ${table} -P ${chain[1]} ${chain[2]}`);
    else if (line.startsWith("-A ")) lines.push(`${tool} -t ${table} ${line}`);
  }
  return lines;
}

/** A table alone, which says nothing about rules: looking at one can be enough to make it. */
export function isTableOnly(line: IptablesLine): boolean {
  return parseLine(line).verb === "";
}

/** Returns the nftables tables, as `FAMILY TABLE`, that are new and empty. */
export function findEmptyTables(before: readonly IptablesLine[], now: readonly IptablesLine[]): string[] {
  return now
    .filter(
      (line) =>
        isTableOnly(line) && !before.includes(line) && !now.some((other) => other.startsWith(`${line} `)),
    )
    .map(parseLine)
    .filter(({ tool }) => tool.endsWith("-nft"))
    .map(({ tool, table }) => `${tool.startsWith("ip6") ? "ip6" : "ip"} ${table}`);
}

/** Returns the lines that `after` has more often than `before`: the same rule can occur twice. */
export function findAddedLines(before: readonly string[], after: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) + 1);
  return after.filter((line) => {
    const left = counts.get(line) ?? 0;
    if (left > 0) counts.set(line, left - 1);
    return left === 0;
  });
}

/**
 * What `iptables-restore --noflush` has to be given, per tool, to take away the rules and chains of Kubernetes' kind
 * that were not there before. Every other rule, and every rule that was there before, is not even named.
 */
export function buildRemovalScripts(
  before: readonly IptablesLine[],
  now: readonly IptablesLine[],
): Map<IptablesTool, string> {
  const gone = findAddedLines(before, now).map(parseLine).filter(isClusterChange);
  const scripts = new Map<IptablesTool, string>();
  for (const tool of iptablesTools) {
    const ofTool = gone.filter((line) => line.tool === tool);
    if (ofTool.length === 0) continue;
    const tables = [...new Set(ofTool.map((line) => line.table))];
    scripts.set(tool, tables.map((table) => buildTableRemoval(table, ofTool)).join(""));
  }
  return scripts;
}

interface ParsedLine {
  readonly tool: string;
  readonly table: string;
  readonly verb: string;
  readonly chain: string;
  /** What follows the chain's name. */
  readonly rest: string;
}

function parseLine(line: IptablesLine): ParsedLine {
  const [tool = "", , table = "", verb = "", chain = "", ...rest] = line.split(" ");
  return { tool, table, verb, chain, rest: rest.join(" ") };
}

function isClusterChange({ verb, chain, rest }: ParsedLine): boolean {
  if (verb === "-N") return clusterChainPattern.test(chain);
  return verb === "-A" && (clusterChainPattern.test(chain) || clusterRulePattern.test(rest));
}

function buildTableRemoval(table: string, gone: readonly ParsedLine[]): string {
  const here = gone.filter((line) => line.table === table);
  const chains = here.filter(({ verb }) => verb === "-N").map(({ chain }) => chain);
  const rules = here.filter(({ verb, chain }) => verb === "-A" && !chains.includes(chain));
  return [
    `*${table}`,
    ...rules.map(({ chain, rest }) => `-D ${chain} ${rest}`),
    // A chain can go only when no rule jumps to it any more, hence all are emptied first.
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
    "COMMIT\n",
  ].join("\n");
}
