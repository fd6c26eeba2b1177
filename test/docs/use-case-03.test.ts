import { execFileSync } from "node:child_process";
import { cp, mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { openSession } from "../../src/app/session/open.ts";
import { planCommand } from "../../src/cli/commands/plan.ts";
import { createHost } from "../../src/host/create.ts";
import { createUpstream, sha256, type Upstream } from "../sources/upstream.ts";
import { upstreamProgram } from "../support/judge.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { runCommand } from "../support/run-command.ts";

const example = resolve(import.meta.dirname, "../../examples/use-case-03");
const charts = resolve(import.meta.dirname, "../../lab/charts");

/** A chart of the lab's in the repository that the document names: an old version has only what differs from the newest. */
async function serveChart(upstream: Upstream, repo: string, name: string, version: string): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "monstack-chart-"));
  for (const part of [name, `${name}-${version}`])
    await cp(join(charts, part), join(folder.path, name), { recursive: true });
  const tgz = execFileSync("tar", ["-cz", "-C", folder.path, name]);
  const entry = { name, version, digest: sha256(tgz), urls: [`${name}-${version}.tgz`] };
  upstream.serve(`${repo}/index.yaml`, stringify({ apiVersion: "v1", entries: { [name]: [entry] } }));
  upstream.serve(`${repo}/${name}-${version}.tgz`, tgz);
}

/** Everything that `plan` says in a copy of the example. */
async function planned(): Promise<string> {
  await using upstream = await createUpstream();
  await serveChart(upstream, "https://prometheus-community.github.io/helm-charts", "prometheus", "25.3.1");
  await serveChart(upstream, "https://grafana.github.io/helm-charts", "grafana", "7.0.6");
  await using folder = await mkdtempDisposable(join(tmpdir(), "monstack-example-"));
  const cwd = folder.path;
  await cp(example, cwd, { recursive: true });
  const log = createRecordingLogger();
  const context = { host: await createHost({ HOME: cwd }), log, signal: new AbortController().signal };
  const flags = { mirrors: `https://=${upstream.origin}` };
  const session = await openSession(context, { cwd, flags, forwardScript: "/nowhere", upstreamProgram });
  const said: string[] = [];
  const exitCode = await runCommand(planCommand, session, {}, (text) => {
    said.push(text);
  });
  expect(exitCode).toBe(0);
  return [...said, ...log.lines.map(({ message }) => message)].join("\n");
}

test("what the example's page quotes is what plan says", async () => {
  const page = await readFile(join(example, "README.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `/.test(line));
  const quotes = rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? "");
  expect(quotes).toHaveLength(5);
  const said = await planned();
  for (const quote of quotes) expect(said).toContain(quote);
  // "and four more", and no other.
  expect(said.match(/nothing in the chart reads/g)).toHaveLength(5);
});
