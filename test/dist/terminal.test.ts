import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createWorld, type World } from "../app/support/world.ts";
import { createScreen } from "../cli/screen.ts";
import { dist } from "./support/bundle.ts";

/** Starts the CLI in a pseudo terminal of util-linux' `script`. */
function startInTerminal(world: World, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const ttyFile = join(world.folder, "tty");
  const command = [
    `tty > '${ttyFile}'`,
    "stty cols 80 rows 24",
    `exec '${process.execPath}' '${join(dist, "cli.js")}' ${args.join(" ")}`,
  ].join("; ");
  const child: ChildProcess = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: world.folder,
    env: {
      HOME: world.home,
      MONSTACK_STATE_DIR: world.stateDir,
      PATH: process.env["PATH"] ?? "",
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      ...env,
    },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 60_000,
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    exitCode,
    output: () => output,
    type: (keys: string) => child.stdin?.write(keys),
    resize: async (columns: number, rows: number) => {
      const tty = (await readFile(ttyFile, "utf8")).trim();
      execFileSync("stty", ["-F", tty, "cols", `${columns}`, "rows", `${rows}`]);
    },
    /** Returns the rows that the terminal shows now. */
    visible: async (columns = 80, rows = 24) => {
      const screen = createScreen(columns, rows);
      await screen.write(output);
      return screen.visible();
    },
  };
}

/** A line of the view of the work in progress. The report has the same phases, with one decimal. */
const phaseLine = /(?:start cluster|deploy|verify|teardown|fetch and render charts) +\d+ s/;

describe("dist/cli.js in a terminal", () => {
  it("shows phases while they go on, and ends with the verdict in colour", async () => {
    await using world = await createWorld();
    const run = startInTerminal(world, ["run"]);
    expect(await run.exitCode).toBe(0);
    expect(stripVTControlCharacters(run.output())).toMatch(phaseLine);
    const rows = (await run.visible()).filter((row) => row !== "");
    expect(rows.slice(-2)).toEqual([
      expect.stringMatching(/^monstack run: verified, 2 checks passed \(.* s\)$/),
      expect.stringMatching(/^report: .*report\.html$/),
    ]);
    const screen = createScreen();
    await screen.write(run.output());
    expect(screen.hasColour("monstack run: verified")).toBe(true);
    expect(screen.lines().filter((line) => phaseLine.test(line))).toEqual([]);
  });

  it("tears down at Ctrl-C, whatever size the terminal has by then, and leaves a visible cursor", async () => {
    await using world = await createWorld();
    world.cluster.hang = /\/version$/;
    const run = startInTerminal(world, ["up"]);
    await expect.poll(run.output, { timeout: 15_000 }).toMatch(/start cluster\S* .*\d s/);
    await run.resize(40, 10);
    run.type("\u0003");
    expect(await run.exitCode).toBe(130);
    expect(run.output()).toContain("interrupted: tearing down");
    expect((await run.visible()).join("\n")).toMatch(/monstack up: interrupted/);
    const cursor = run.output().split("\u001b[?25");
    expect(cursor.at(-1)?.startsWith("l")).toBe(false);
    expect(existsSync(world.stateDir)).toBe(false);
  });

  it.each([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["TERM=dumb", { TERM: "dumb" }],
    ["a CI system", { CI: "true" }],
  ])("writes plain lines with %s", async (_, env) => {
    await using world = await createWorld();
    const run = startInTerminal(world, ["run"], env);
    expect(await run.exitCode).toBe(0);
    expect(run.output()).not.toContain("\u001b");
    expect(run.output()).toMatch(/^ +\d+\.\ds {3}deploying /m);
  });

  it("writes ASCII only where the locale is not UTF-8", async () => {
    await using world = await createWorld();
    const run = startInTerminal(world, ["run", "--verbose"], { LC_ALL: "C" });
    expect(await run.exitCode).toBe(0);
    expect(run.output()).toMatch(/^[\0-\x7f]*$/);
    expect(run.output()).toMatch(/- \+ \S/);
  });
});
