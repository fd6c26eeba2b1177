import { resolve } from "node:path";
import { makeBundle } from "../../app/make-bundle.ts";
import type { Session } from "../../app/session/session.ts";
import { getBlobPart, type Manifest } from "../../bundle/manifest.ts";
import { readBundle, readManifest } from "../../bundle/read.ts";
import { listSettingNames } from "../../config/settings.ts";
import { exitCode, UserError } from "../../lib/errors.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { sanitizeJson } from "../../lib/sanitize.ts";
import { formatCount } from "../../lib/text.ts";
import { type CommandGroup, defineCommand, type Operand, type Print } from "../command.ts";
import { printOutcome } from "./lifecycle.ts";

const bundleOperand: Operand = { term: "<FILE>", help: "the bundle", completion: "files" };

const createCommand = defineCommand({
  name: "create",
  summary: "do a whole run, and write everything that it needed into one file",
  flags: [{ term: "-o, --output <FILE>", help: "The bundle to write", completion: "files" }],
  settings: listSettingNames().filter((name) => !["kubeconfig", "context", "bundle"].includes(name)),
  examples: [["monstack bundle create -o stack.tar", "`monstack run --bundle stack.tar` needs no network"]],
  read: ({ output }: { readonly output?: string }) => {
    if (output !== undefined) return resolve(output);
    throw new UserError("bundle create needs the file to write: monstack bundle create -o FILE");
  },
  run: ({ withSession, print }, file) =>
    withSession((session) => createBundle(session, file, print), { changesStack: true, writes: file }),
});

const inspectCommand = defineCommand({
  name: "inspect",
  summary: "print what is in a bundle",
  operand: bundleOperand,
  flags: [{ term: "--json", help: "Print JSON" }],
  read: ({ json = false }: { readonly json?: boolean }, [file = ""]) => ({ file, json }),
  run: async ({ createHost, print }, { file, json }) => {
    const manifest = await readManifest(await createHost(), file);
    print(
      json ? sanitizeJson(`${JSON.stringify(manifest, undefined, 2)}\n`) : describeBundle(file, manifest),
    );
    return exitCode.verified;
  },
});

const verifyCommand = defineCommand({
  name: "verify",
  summary: "check that every part of a bundle is as it was written",
  operand: bundleOperand,
  read: (_, [file = ""]) => file,
  run: async ({ createHost, print }, file) => {
    const manifest = await readBundle(await createHost(), file, async () => undefined);
    print(`${file} is whole: ${countParts(manifest)}, each as it was written\n`);
    return exitCode.verified;
  },
});

export const bundleCommands: CommandGroup = {
  name: "bundle",
  summary: "everything that a run needs in one file",
  commands: [createCommand, inspectCommand, verifyCommand],
};

/**
 * Runs the whole job, prints its outcome and the bundle.
 * @returns the job's exit code
 */
async function createBundle(session: Session, file: string, print: Print): Promise<number> {
  const { outcome, made } = await makeBundle(session, file);
  const code = printOutcome(session, outcome, print);
  if (made) print(`bundle: ${file}: ${countParts(made.manifest)}, ${formatBytes(made.bytes)}\n`);
  else {
    const reason = outcome.results.verified ? "the file could not be written" : "the run was not verified";
    session.context.log.error(`no bundle written: ${reason}`);
  }
  return code;
}

/** Returns the numbers of a bundle's tools, charts, dashboards and images, in words. */
function countParts({ tools, charts, dashboards, images }: Manifest): string {
  return [
    formatCount(tools.length, "tool"),
    formatCount(charts.length, "chart"),
    ...(dashboards.length > 0 ? [formatCount(dashboards.length, "dashboard")] : []),
    formatCount(images.length, "image"),
  ].join(", ");
}

/** Returns the table of a bundle's parts with their versions and sizes. */
function describeBundle(file: string, manifest: Manifest): string {
  const { monstack, createdAt, arch, profile, verified, tools, charts, dashboards, images, parts } = manifest;
  const bytes = new Map(parts.map((part) => [part.path, part.bytes]));
  const sumOf = (paths: readonly string[]) => paths.reduce((sum, path) => sum + (bytes.get(path) ?? 0), 0);
  const formatPartSize = (path: string) => formatBytes(sumOf([path]));
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  const rows: (readonly [string, string, string])[] = [
    ...tools.map(({ name, version, path }) => [name, version, formatPartSize(path)] as const),
    ...charts.map(({ name, version, path }) => [`chart ${name}`, version, formatPartSize(path)] as const),
    ...dashboards.map(
      ({ from, revision, path }) =>
        [
          `dashboard ${from}`,
          revision === undefined ? "" : `revision ${revision}`,
          formatPartSize(path),
        ] as const,
    ),
    ...images.map(
      ({ image, digest, blobs }) => [image, digest, formatBytes(sumOf(blobs.map(getBlobPart)))] as const,
    ),
  ];
  const [nameWidth = 0, versionWidth = 0] = [0, 1].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [
    `${file}: a bundle for linux/${arch}, profile ${profile}, ${formatBytes(total)}`,
    `made by monstack ${monstack} at ${createdAt}, of a run that was verified at ${verified.at}: ${formatCount(verified.checks.length, "check")} passed`,
    "",
    ...rows.map(
      ([name, version, bytesText]) =>
        `  ${name.padEnd(nameWidth)}  ${version.padEnd(versionWidth)}  ${bytesText.padStart(9)}`,
    ),
    "",
  ].join("\n");
}
