import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isMap, isScalar, type Pair, parse, parseDocument } from "yaml";
import { openSession } from "../../../src/app/session/open.ts";
import { planCommand } from "../../../src/cli/commands/plan.ts";
import { renderApp } from "../../../src/deploy/render.ts";
import { createHost } from "../../../src/host/create.ts";
import { UserError } from "../../../src/lib/errors.ts";
import type { Tool } from "../../../src/lockfile/tools.ts";
import { genuineHelms } from "../../deploy/helms.ts";
import { createRandom, type Random, seedOf } from "../../fuzz/random.ts";
import { upstreamProgram } from "../../support/judge.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { runCommand } from "../../support/run-command.ts";

/**
 * The charts' own values with random mistakes in them: MONSTACK_CHARTS=/folder/of/charts tries others than the lab's,
 * MONSTACK_TRIES more of them.
 */
const folder = process.env["MONSTACK_CHARTS"] ?? join(import.meta.dirname, "../../../lab/charts");
/** The lab's kube-prometheus-stack gets its subcharts when the lab is built. */
const charts = [
  "prometheus",
  "grafana",
  ...(process.env["MONSTACK_CHARTS"] ? ["kube-prometheus-stack"] : []),
];
const tries = Number(process.env["MONSTACK_TRIES"] ?? 4);
const seed = Number(process.env["MONSTACK_SEED"] ?? 1);

interface Block {
  readonly path: readonly string[];
  /** Of its lines in the text; the end is behind the last. */
  readonly first: number;
  readonly end: number;
  readonly indent: number;
  readonly key: string;
}

/** Every key of a block mapping, with its lines. */
function blocksOf(text: string): Block[] {
  const found: Block[] = [];
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length - 1;
  const walk = (node: unknown, path: readonly string[], until: number) => {
    if (!isMap(node) || node.flow) return;
    for (const [index, pair] of node.items.entries()) {
      const { key, value } = pair as Pair<unknown, unknown>;
      if (!isScalar(key)) continue;
      const next = node.items[index + 1]?.key;
      const first = lineOf(key.range?.[0] ?? 0);
      const end = isScalar(next) ? lineOf(next.range?.[0] ?? 0) : until;
      const start = (key.range?.[0] ?? 0) - text.lastIndexOf("\n", key.range?.[0] ?? 0) - 1;
      const here = [...path, String(key.value)];
      found.push({ path: here, first, end, indent: start, key: String(key.value) });
      walk(value, here, end);
    }
  };
  walk(parseDocument(text).contents, [], text.split("\n").length);
  return found;
}

function misspelt(random: Random, word: string): string {
  const at = random.number(0, word.length - 2);
  const [a = "", b = ""] = [word[at], word[at + 1]];
  return random.pick([
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + b + a + word.slice(at + 2),
    word.slice(0, at) + a + word.slice(at),
    `${word.slice(0, at)}x${word.slice(at + 1)}`,
    `enable${word[0]?.toUpperCase()}${word.slice(1)}`,
    word.replaceAll(/[-_]/g, ""),
    word.toUpperCase(),
  ]);
}

/** One mistake; the keys that are not where they were any more. */
function mistaken(random: Random, name: string, text: string): { text: string; key: string } {
  const lines = text.split("\n");
  const blocks = blocksOf(text).filter(({ key }) => /^[A-Za-z][\w-]{2,}$/.test(key));
  const block = random.pick(blocks);
  const own = lines.slice(block.first, block.end);
  const rest = (more: readonly string[]) => [
    ...lines.slice(0, block.first),
    ...more,
    ...lines.slice(block.end),
  ];
  const kind = random.pick(["misspell", "misspell", "misspell", "up", "down", "wrap"]);
  if (kind === "wrap")
    return { text: `${name}:\n${lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n")}`, key: "" };
  if (kind === "up") {
    const shifted = own.map((line) => line.slice(Math.min(block.indent, line.search(/\S|$/))));
    return { text: [...shifted, ...rest([])].join("\n"), key: block.key };
  }
  if (kind === "down") {
    const pad = " ".repeat(block.indent);
    return { text: rest([`${pad}more:`, ...own.map((line) => `  ${line}`)]).join("\n"), key: block.key };
  }
  const [first = "", ...others] = own;
  const wrong = misspelt(random, block.key);
  return { text: rest([first.replace(block.key, wrong), ...others]).join("\n"), key: wrong };
}

async function objectsOf(helm: Tool, name: string, values: unknown): Promise<string[] | undefined> {
  const context = await contextIn("/");
  const chart = {
    path: join(folder, name),
    name,
    version: "1",
    appVersion: "",
    sha256: undefined,
    origin: "",
  };
  const app = {
    ...{ name, release: name, namespace: "monitoring", chart: { kind: "path", path: chart.path } as const },
    ...{ values: (values ?? {}) as Record<string, unknown>, dependsOn: [], timeoutMs: 1 },
  };
  const done = await renderApp(context, helm, app, chart).catch(() => undefined);
  return done?.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

async function contextIn(home: string) {
  const host = await createHost({ HOME: home });
  return { host, log: createRecordingLogger(), signal: new AbortController().signal };
}

/** What `plan --fix` makes of a values file; undefined when it corrects nothing. */
async function fixed(name: string, text: string, helm: Tool): Promise<string | undefined> {
  await using place = await mkdtempDisposable(join(tmpdir(), "monstack-fix-"));
  const yaml = `stack: operator\nhelm: {path: ${helm.path}}\napps:\n  ${name}: {chart: "${join(folder, name)}", values: [v.yaml]}\n`;
  await writeFile(join(place.path, "monstack.yaml"), yaml);
  await writeFile(join(place.path, "v.yaml"), text);
  const context = await contextIn(place.path);
  const flags = { apps: name };
  const session = await openSession(context, {
    cwd: place.path,
    flags,
    forwardScript: "/nowhere",
    upstreamProgram,
  });
  // What stays wrong in the file is refused once its correction is written.
  await runCommand(planCommand, session, { fix: true, offline: true }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
  });
  const made = await readFile(join(place.path, "v.fixed.yaml"), "utf8").catch(() => undefined);
  return made?.slice(made.indexOf("\n") + 1);
}

/** Lines of one text that are not in the other, spacing aside. */
function missing(from: string, to: string): string[] {
  const left = new Map<string, number>();
  for (const line of to.split("\n")) left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1);
  return from.split("\n").filter((line) => {
    const count = left.get(line.trim()) ?? 0;
    left.set(line.trim(), count - 1);
    return count <= 0 && line.trim() !== "";
  });
}

const [helm] = genuineHelms().toReversed();

describe.skipIf(helm === undefined)("plan --fix of a chart's own values with a mistake in them", () => {
  it.each(charts.flatMap((name) => Array.from({ length: tries }, (_, index) => [name, index] as const)))(
    "%s, mistake %i: no object is lost, and all else stays",
    async (name, index) => {
      const random = createRandom(seedOf(seed, name, index));
      const own = await readFile(join(folder, name, "values.yaml"), "utf8");
      const wrong = mistaken(random, name, own);
      const tool = helm?.tool as Tool;
      const text = await fixed(name, wrong.text, tool);
      if (text === undefined) return;
      const lost = missing(wrong.text, text);
      const isKnown = (line: string) =>
        line.includes(wrong.key) || wrong.key === "" || /^ *[\w."-]+: *(?:\{ *\})?$/.test(line);
      expect(lost.filter((line) => !isKnown(line))).toEqual([]);
      const before = await objectsOf(tool, name, parse(wrong.text, { uniqueKeys: false }));
      const after = await objectsOf(tool, name, parse(text, { uniqueKeys: false }));
      expect(before?.filter((one) => !after?.includes(one)) ?? []).toEqual([]);
    },
    120_000,
  );
});
