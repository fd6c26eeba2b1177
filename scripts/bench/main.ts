import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { measureDiagnosis, measureToday } from "./against.ts";
import { createCollector, type Options, type Part, parseOptions, renderTable, usage } from "./figures.ts";
import { buildLab, measureCold, measureWarm } from "./lab.ts";
import { measureAlone, measureScale, type Program } from "./local.ts";

const root = resolve(import.meta.dirname, "../..");

/** How often each part is repeated when nobody says so: altogether less than 30 minutes on two cores. */
const usualRounds: Readonly<Record<Part, number>> = {
  alone: 10,
  scale: 3,
  warm: 5,
  today: 2,
  cold: 2,
  diagnosis: 1,
};

/** Measures the chosen parts, writes the figures after each of them, and prints the table. */
async function bench(options: Options): Promise<void> {
  const programs: Program[] = [{ dist: join(root, "dist"), isOther: false }];
  if (options.against !== undefined)
    programs.unshift({ dist: resolve(options.against, "dist"), isOther: true });
  const missing = programs.find(({ dist }) => !existsSync(join(dist, "cli.js")));
  if (missing)
    throw new Error(`there is no ${join(missing.dist, "cli.js")}: run \`npm run build\` there first`);
  const collector = createCollector(options.against);
  const [own] = programs.filter(({ isOther }) => !isOther) as [Program];
  const measure: Readonly<Record<Part, (rounds: number) => Promise<void>>> = {
    alone: (rounds) => measureAlone(programs, rounds, collector),
    scale: (rounds) => measureScale(programs, rounds, collector, options.quick),
    warm: (rounds) => measureWarm(programs, rounds, collector, options.quick),
    today: (rounds) => measureToday(own, rounds, collector),
    cold: (rounds) => measureCold(programs, rounds, collector),
    diagnosis: (rounds) => measureDiagnosis(programs, rounds, collector),
  };
  if (options.parts.some((part) => part !== "alone" && part !== "scale")) await buildLab();
  const failed: Part[] = [];
  for (const part of options.parts) {
    const rounds = options.pairs ?? (options.quick ? 1 : usualRounds[part]);
    const began = Date.now();
    await measure[part](rounds).catch((error: unknown) => {
      failed.push(part);
      console.error(`bench: ${part} failed:`, error);
    });
    console.error(`bench: ${part} took ${((Date.now() - began) / 1000).toFixed(0)} s, ${rounds} rounds`);
    const rows = collector.rows();
    writeFileSync(
      options.out,
      `${JSON.stringify({ ...describeRun(options), failed, rows }, undefined, 2)}\n`,
    );
    writeFileSync(options.out.replace(/\.json$/, ".md"), renderTable(rows));
  }
  process.stdout.write(renderTable(collector.rows()));
  if (failed.length > 0) process.exitCode = 1;
}

function describeRun({ against }: Options) {
  const commitOf = (folder: string) => {
    const { stdout } = spawnSync("git", ["-C", folder, "describe", "--always", "--dirty"], {
      encoding: "utf8",
    });
    return stdout.trim() || "not a checkout";
  };
  return {
    at: new Date().toISOString(),
    commit: commitOf(root),
    ...(against === undefined ? {} : { against, againstCommit: commitOf(against) }),
    node: process.version,
    processor: `${cpus().length} x ${cpus()[0]?.model}`,
    memoryGigabytes: Math.round(totalmem() / 1e9),
  };
}

/** Returns the options of the command line; undefined if there is nothing to measure. */
function readOptions(): Options | undefined {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === undefined) process.stdout.write(usage);
    return options;
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exitCode = 64;
    return undefined;
  }
}

const options = readOptions();
if (options) await bench(options);
