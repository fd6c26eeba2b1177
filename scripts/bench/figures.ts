import { parseArgs } from "node:util";

/** The parts of the bench, in the order in which they run. */
export const parts = ["alone", "scale", "warm", "today", "cold", "diagnosis"] as const;
export type Part = (typeof parts)[number];

export interface Options {
  readonly parts: readonly Part[];
  /** How often each comparison is repeated; undefined: as each part's time allows. */
  readonly pairs: number | undefined;
  readonly quick: boolean;
  /** The folder of another checkout, whose dist/ is compared with this one's. */
  readonly against: string | undefined;
  /** Where the figures are written as JSON; the table is written beside it. */
  readonly out: string;
}

export const usage = `usage: npm run bench -- [OPTIONS]

Measures dist/ as it is (\`npm run build\` first). Writes bench.json and bench.md, and prints the table.

  --only PART      only this part, can be repeated: ${parts.join(", ")}
  --pairs N        repeat each comparison N times, instead of what each part's time allows
  --quick          a representative part in about two minutes
  --against DIR    compare with the dist/ of another checkout, in pairs
  --out FILE       write the figures to FILE instead of bench.json, the table to the same name with .md
  --help           print this

  alone      the process: CPU, memory and time to load; without a cluster
  scale      verify of a large stack, played on loopback
  warm       in the lab: a run, a second one, with a lock, from a bundle, with helm 3, on an existing cluster; teardown, verify
  today      in the lab: today's way by hand, against a run
  cold       in the lab: images and tools of upstream's sizes over a link of 125 and of 25 MB/s
  diagnosis  in the lab: from a fault to its cause, against helm --wait
`;

/**
 * Returns the options of a command line; undefined for --help.
 * @throws Error that names what is wrong with it
 */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", multiple: true, default: [] },
      pairs: { type: "string" },
      quick: { type: "boolean", default: false },
      against: { type: "string" },
      out: { type: "string", default: "bench.json" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const unknown = values.only.find((name) => !parts.some((part) => part === name));
  if (unknown !== undefined)
    throw new Error(`no part is named ${unknown}: expected one of ${parts.join(", ")}`);
  const pairs = values.pairs === undefined ? undefined : Number(values.pairs);
  if (pairs !== undefined && !(Number.isInteger(pairs) && pairs >= 1 && pairs <= 100))
    throw new Error(`--pairs is ${values.pairs}: expected a whole number from 1 to 100`);
  if (!values.out.endsWith(".json"))
    throw new Error(`--out is ${values.out}: expected a name that ends in .json`);
  const inQuick: readonly Part[] = ["alone", "scale", "warm"];
  const chosen = parts.filter((part) =>
    values.only.length > 0 ? values.only.includes(part) : !values.quick || inQuick.includes(part),
  );
  return { parts: chosen, pairs, quick: values.quick, against: values.against, out: values.out };
}

export type Unit = "s" | "ms" | "MB" | "MB/s" | "requests" | "times";

/** One thing that was measured several times, if possible in turn with something else. */
export interface Row {
  readonly part: Part;
  readonly name: string;
  readonly unit: Unit;
  /** In the order of the rounds. */
  readonly values: readonly number[];
  /** What it is compared with: measured in the same rounds, so that the values are pairs. */
  readonly than?: { readonly name: string; readonly values: readonly number[] } | undefined;
  readonly note?: string | undefined;
}

/** Returns the median; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Returns the median of the ratios of each round's two values; undefined without pairs. */
export function medianRatio({ values, than }: Pick<Row, "values" | "than">): number | undefined {
  const pairs = values.flatMap((value, round) => {
    const other = than?.values[round];
    return other === undefined || !(other > 0) || Number.isNaN(value) ? [] : [value / other];
  });
  return pairs.length === 0 ? undefined : median(pairs);
}

/** Returns the table of all rows in Markdown, a section for each part. */
export function renderTable(rows: readonly Row[]): string {
  return parts
    .map((part) => ({ part, own: rows.filter((row) => row.part === part) }))
    .filter(({ own }) => own.length > 0)
    .map(({ part, own }) => `### ${part}\n\n${header}\n${own.map(renderRow).join("\n")}\n`)
    .join("\n");
}

const header =
  "| what | median | least to most | compared with | its median | ratio | rounds |\n|---|---:|---:|---|---:|---:|---:|";

function renderRow(row: Row): string {
  const { name, unit, values, than, note } = row;
  const valid = values.filter((value) => !Number.isNaN(value));
  const ratio = medianRatio(row);
  const cells = [
    note === undefined ? name : `${name} (${note})`,
    formatValue(median(valid), unit),
    valid.length > 1
      ? `${formatNumber(Math.min(...valid), unit)} to ${formatNumber(Math.max(...valid), unit)}`
      : "",
    than?.name ?? "",
    than === undefined ? "" : formatValue(median(than.values.filter((value) => !Number.isNaN(value))), unit),
    ratio === undefined ? "" : ratio.toFixed(2),
    String(valid.length),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function formatValue(value: number, unit: Unit): string {
  return Number.isNaN(value) ? "none" : `${formatNumber(value, unit)} ${unit}`;
}

function formatNumber(value: number, unit: Unit): string {
  const digits = { s: value < 1 ? 2 : 1, ms: 0, MB: 0, "MB/s": 1, requests: 0, times: 2 }[unit];
  return value.toFixed(digits);
}

/** Collects values by row and round, and pairs them at the end. */
export interface Collector {
  /**
   * Adds a value to its row. A value that is missing in a round stays missing there.
   * @param than the name of the row of the same part that it is compared with
   */
  readonly add: (row: Pick<Row, "part" | "name" | "unit" | "note">, value: number, where: Where) => void;
  readonly rows: () => Row[];
}

export interface Where {
  readonly round: number;
  readonly than?: string | undefined;
  /** Whether the value is the other checkout's. */
  readonly isOther?: boolean | undefined;
}

interface Collected extends Pick<Row, "part" | "name" | "unit" | "note"> {
  readonly own: number[];
  readonly others: number[];
  than: string | undefined;
}

/** @param other the name of the other checkout, which every row that has its values is compared with */
export function createCollector(other: string | undefined): Collector {
  const all = new Map<string, Collected>();
  return {
    add: ({ part, name, unit, note }, value, { round, than, isOther = false }) => {
      const key = `${part}/${name}`;
      const row = all.get(key) ?? { part, name, unit, note, own: [], others: [], than: undefined };
      all.set(key, row);
      row.than = than ?? row.than;
      const values = isOther ? row.others : row.own;
      while (values.length < round) values.push(Number.NaN);
      values[round] = value;
    },
    rows: () =>
      [...all.values()].map(({ own, others, than, ...row }) => {
        const compared = than === undefined ? undefined : all.get(`${row.part}/${than}`);
        if (other !== undefined && others.length > 0)
          return { ...row, values: own, than: { name: other, values: others } };
        return { ...row, values: own, than: compared && { name: compared.name, values: compared.own } };
      }),
  };
}
