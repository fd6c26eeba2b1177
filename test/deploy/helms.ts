import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChartFile, Tool } from "../../src/lockfile/tools.ts";
import type { PlannedApp } from "../../src/model/plan.ts";

export const chartsFolder = join(import.meta.dirname, "charts");

export function toolAt(path: string): Tool {
  return { name: "helm", path, asked: path, version: "v0", sha256: "", origin: "path" };
}

/** The genuine helms on this machine: the lab's, and the one on the PATH. */
export function genuineHelms(): { readonly version: string; readonly tool: Tool }[] {
  const lab = join(import.meta.dirname, "../../lab/out/bin");
  const candidates = [join(lab, "helm3"), join(lab, "helm4"), join(lab, "helm"), onPath()];
  const found = candidates.flatMap((path) => {
    if (!path || !existsSync(path)) return [];
    const version = execFileSync(path, ["version", "--short"], { encoding: "utf8" }).trim();
    return [{ version, tool: toolAt(path) }];
  });
  return found.filter((helm, index) => found.findIndex(({ version }) => version === helm.version) === index);
}

function onPath(): string | undefined {
  return (process.env.PATH ?? "")
    .split(":")
    .map((folder) => join(folder, "helm"))
    .find((path) => existsSync(path));
}

export function tinyApp(more: Partial<PlannedApp> = {}): PlannedApp {
  return {
    name: "tiny",
    release: "tiny",
    namespace: "monitoring",
    chart: { kind: "path", path: join(chartsFolder, "tiny") },
    values: {},
    dependsOn: [],
    timeoutMs: 10_000,
    ...more,
  };
}

export function chartAt(path: string): ChartFile {
  return { path, name: "tiny", version: "0.1.0", appVersion: "1.2.3", sha256: undefined, origin: path };
}

export const tinyChart = chartAt(join(chartsFolder, "tiny"));

/**
 * A helm on disk that notes how it was called. `script` is shell; `$1` is the subcommand, `$2` the release, `$calls`
 * the number of calls of this subcommand for this release, this one included.
 */
export async function fakeHelm(script: string) {
  const folder = await mkdtemp(join(tmpdir(), "fake-helm-"));
  const path = join(folder, "helm");
  const calls = join(folder, "calls");
  const text = `#!/bin/sh
echo "$*" >> ${calls}
[ -n "$HELM_KUBECONTEXT$HELM_NAMESPACE" ] && { echo "Error: the shell's helm settings got through" >&2; exit 1; }
for argument in "$@"; do
  [ "$previous" = "-f" ] && { stat -c 'values %a' "$argument"; cat "$argument"; } > ${folder}/values-$2
  previous="$argument"
done
calls=$(grep -c "^$1 $2 " ${calls})
${script}
`;
  await writeFile(path, text);
  await chmod(path, 0o755);
  return {
    tool: toolAt(path),
    calls: async () => (await readFile(calls, "utf8")).trim().split("\n"),
    values: (release: string) => readFile(join(folder, `values-${release}`), "utf8"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
