import { resolve } from "node:path";
import type { Outcome } from "../app/job.ts";
import { makeBundle } from "../app/make-bundle.ts";
import type { Session } from "../app/session/session.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { readBundle, readManifest } from "../bundle/read.ts";
import type { Host } from "../host/host.ts";
import { type ExitCode, exitCode } from "../lib/errors.ts";
import { sanitizeJson } from "../lib/sanitize.ts";
import { count } from "../report/verdict.ts";
import type { BundleFlags } from "./bundle-flags.ts";

type Print = (text: string) => void;

/** Makes a bundle of a run. `conclude` tells of the run and gives its exit code. */
export async function createBundle(
  session: Session,
  output: string,
  print: Print,
  conclude: (outcome: Outcome) => number,
): Promise<number> {
  const file = resolve(output);
  const { outcome, made } = await makeBundle(session, file);
  const code = conclude(outcome);
  if (made) print(`bundle: ${file}: ${contents(made.manifest)}, ${megabytes(made.bytes)}\n`);
  else
    session.context.log.error(
      `there is no bundle: ${outcome.results.verified ? "it could not be written" : "only a run that is verified becomes one"}`,
    );
  return code;
}

/** Says what is in a bundle; or, with `verify`, whether all of it is as it was written. */
export async function readOut(
  host: Host,
  { action, file, json }: BundleFlags,
  print: Print,
): Promise<ExitCode> {
  if (action === "verify") {
    const manifest = await readBundle(host, file, async () => undefined);
    print(`${file} is whole: ${contents(manifest)}, each as it was written\n`);
    return exitCode.verified;
  }
  const manifest = await readManifest(host, file);
  print(json ? sanitizeJson(`${JSON.stringify(manifest, undefined, 2)}\n`) : describe(file, manifest));
  return exitCode.verified;
}

function contents({ tools, charts, dashboards, images }: Manifest): string {
  return [
    count(tools.length, "tool"),
    count(charts.length, "chart"),
    ...(dashboards.length > 0 ? [count(dashboards.length, "dashboard")] : []),
    count(images.length, "image"),
  ].join(", ");
}

function describe(file: string, manifest: Manifest): string {
  const { monstack, createdAt, arch, profile, verified, tools, charts, dashboards, images, parts } = manifest;
  const bytes = new Map(parts.map((part) => [part.path, part.bytes]));
  const size = (path: string) => megabytes(bytes.get(path) ?? 0);
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  const rows: (readonly [string, string, string])[] = [
    ...tools.map(({ name, version, path }) => [name, version, size(path)] as const),
    ...charts.map(({ name, version, path }) => [`chart ${name}`, version, size(path)] as const),
    ...dashboards.map(
      ({ from, revision, path }) =>
        [`dashboard ${from}`, revision === undefined ? "" : `revision ${revision}`, size(path)] as const,
    ),
    ...images.map(({ image, digest, path }) => [image, digest, size(path)] as const),
  ];
  const [first, second] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    `${file}: a bundle for linux/${arch}, profile ${profile}, ${megabytes(total)}`,
    `made by monstack ${monstack} at ${createdAt}, of a run that was verified at ${verified.at}: ${count(verified.checks.length, "check")} passed`,
    "",
    ...rows.map(
      ([what, version, mb]) =>
        `  ${what.padEnd(first ?? 0)}  ${version.padEnd(second ?? 0)}  ${mb.padStart(9)}`,
    ),
    "",
  ].join("\n");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
