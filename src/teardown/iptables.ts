/**
 * One rule, chain, policy or table, as `TOOL -t TABLE ARGUMENTS`, e.g. `iptables-nft -t nat -A PREROUTING -j
 * KUBE-SERVICES`. A table without rules is `TOOL -t TABLE`.
 */
type IptablesLine = string;

/**
 * The programs that read and change the kernel's rules; each has a `-save` and a `-restore` variant. Root runs no
 * other program for this.
 */
export const iptablesTools = [
  "iptables-nft",
  "iptables-legacy",
  "iptables",
  "ip6tables-nft",
  "ip6tables-legacy",
  "ip6tables",
] as const;

type IptablesTool = (typeof iptablesTools)[number];

/** Matches the names of the chains that Kubernetes, CNI plugins and flannel create. */
const clusterChainPattern = /^(KUBE-|CNI-|FLANNEL-)/;
/** Matches the names that occur only in rules of Kubernetes, CNI plugins and flannel. */
const clusterRulePattern = /KUBE-|CNI-|flannel|\bcni0\b/i;

/** True if a line is of the kind that k3s creates. Another cluster's lines match too. */
export function mentionsClusterChain(line: IptablesLine): boolean {
  return clusterRulePattern.test(line);
}

/**
 * Parses the output of `iptables-save`, without counters and comments.
 * A built-in chain is included only if its policy is not ACCEPT, since listing a table is enough to create its empty
 * chains.
 */
export function parseSave(tool: IptablesTool, text: string): IptablesLine[] {
  let table = "";
  const lines: IptablesLine[] = [];
  for (const printedLine of text.split("\n")) {
    const line = printedLine.replace(/^\[\d+:\d+\] /, "").trim();
    if (line.startsWith("*")) {
      table = line.slice(1);
      lines.push(`${tool} -t ${table}`);
    }
    const chainMatch = /^:(\S+) (\S+)/.exec(line);
    if (chainMatch?.[2] === "-") lines.push(`${tool} -t ${table} -N ${chainMatch[1]}`);
    else if (chainMatch && chainMatch[2] !== "ACCEPT")
      lines.push(`${tool} -t ${table} -P ${chainMatch[1]} ${chainMatch[2]}`);
    else if (line.startsWith("-A ")) lines.push(`${tool} -t ${table} ${line}`);
  }
  return lines;
}

/** True if a line is a table without a rule. Such a line proves nothing, since listing rules can create the table. */
export function isTableOnly(line: IptablesLine): boolean {
  return parseLine(line).verb === "";
}

/** Returns the new and empty nftables tables as `FAMILY TABLE`, e.g. `ip nat`. */
export function findEmptyTables(before: readonly IptablesLine[], now: readonly IptablesLine[]): string[] {
  return now
    .filter(
      (line) =>
        isTableOnly(line) &&
        !before.includes(line) &&
        !now.some((otherLine) => otherLine.startsWith(`${line} `)),
    )
    .map(parseLine)
    .filter(({ tool }) => tool.endsWith("-nft"))
    .map(({ tool, table }) => `${tool.startsWith("ip6") ? "ip6" : "ip"} ${table}`);
}

/** Returns the lines that `after` contains more often than `before`. The same rule can occur twice. */
export function findAddedLines(before: readonly string[], after: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) + 1);
  return after.filter((line) => {
    const unmatched = counts.get(line) ?? 0;
    if (unmatched > 0) counts.set(line, unmatched - 1);
    return unmatched === 0;
  });
}

/**
 * Returns, for each tool, the input of `iptables-restore --noflush` that removes the new rules and chains of a
 * cluster. Other rules, and rules that existed before, do not appear in it.
 */
export function buildRemovalScripts(
  before: readonly IptablesLine[],
  now: readonly IptablesLine[],
): Map<IptablesTool, string> {
  const removals = findAddedLines(before, now).map(parseLine).filter(isClusterChange);
  const scripts = new Map<IptablesTool, string>();
  for (const tool of iptablesTools) {
    const removalsOfTool = removals.filter((line) => line.tool === tool);
    if (removalsOfTool.length === 0) continue;
    const tables = [...new Set(removalsOfTool.map((line) => line.table))];
    scripts.set(tool, tables.map((table) => buildTableRemoval(table, removalsOfTool)).join(""));
  }
  return scripts;
}

/** The parts of an iptables line. */
interface ParsedLine {
  readonly tool: string;
  readonly table: string;
  readonly verb: string;
  readonly chain: string;
  /** The arguments after the chain's name. */
  readonly rest: string;
}

/** Returns the parts of an iptables line. */
function parseLine(line: IptablesLine): ParsedLine {
  const [tool = "", , table = "", verb = "", chain = "", ...rest] = line.split(" ");
  return { tool, table, verb, chain, rest: rest.join(" ") };
}

/** True if a line creates a chain or a rule of a cluster. */
function isClusterChange({ verb, chain, rest }: ParsedLine): boolean {
  if (verb === "-N") return clusterChainPattern.test(chain);
  return verb === "-A" && (clusterChainPattern.test(chain) || clusterRulePattern.test(rest));
}

/** Returns the part of an `iptables-restore` input that removes rules and chains from one table. */
function buildTableRemoval(table: string, removals: readonly ParsedLine[]): string {
  const removalsOfTable = removals.filter((line) => line.table === table);
  const chains = removalsOfTable.filter(({ verb }) => verb === "-N").map(({ chain }) => chain);
  const rules = removalsOfTable.filter(({ verb, chain }) => verb === "-A" && !chains.includes(chain));
  return [
    `*${table}`,
    ...rules.map(({ chain, rest }) => `-D ${chain} ${rest}`),
    // iptables deletes a chain only if no rule jumps to it, so all chains are emptied first.
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
    "COMMIT\n",
  ].join("\n");
}
