// Builds the program that judges by upstream's own code (upstream/), compressed, with what it needs beside it. The result
// depends on the sources alone: one version of Go, no paths, no build id, one compressor (Node's own, which is pinned too).
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { heading, moduleLicenses } from "./go-licenses.ts";

const sources = "upstream";
const names = ["upstream.wasm.zst", "wasm_exec.js", "licenses.txt", "upstream.json"] as const;

/** licenses.txt has the modules' notices only; licenses.ts puts those of the packages before them. */
export type BuiltFiles = Readonly<Record<(typeof names)[number], Buffer>>;

/** What upstream.json says, so that a build without Go can tell whether the committed program is that of the sources. */
interface Description {
  /** sha256 of the sources and of how they are built. */
  readonly sources: string;
  /** sha256 of the files beside it. */
  readonly files: Readonly<Record<string, string>>;
  readonly go: string;
}

/**
 * @param dist the committed bundle: what it has is taken where it is that of these sources, unless `always` is set
 * @throws Error where the committed program is that of other sources, and Go is missing
 */
export function buildUpstream(dist: string, always: boolean): BuiltFiles {
  const wanted = hashOfSources();
  const committed = readCommitted(dist);
  if (!always && committed !== undefined && describes(committed, wanted)) return committed;
  if (!hasGo()) {
    if (committed !== undefined && describes(committed, wanted)) return committed;
    throw new Error(`the sources in ${sources}/ have changed: building them needs Go ${toolchain()}`);
  }
  return build(wanted);
}

function build(wanted: string): BuiltFiles {
  const folder = mkdtempSync(join(tmpdir(), "monstack-upstream-"));
  try {
    const wasm = join(folder, "upstream.wasm");
    prune();
    const target = { GOOS: "js", GOARCH: "wasm" };
    go(["build", ...buildFlags, "-o", wasm, "."], target);
    const root = go(["env", "GOROOT"]).trim();
    const packages = go(["list", "-deps", "-f", listed, "."], target);
    const files = {
      "upstream.wasm.zst": compress(readFileSync(wasm)),
      "wasm_exec.js": readFileSync(join(root, "lib/wasm/wasm_exec.js")),
      "licenses.txt": Buffer.from(moduleLicenses(packages, toolchain(), root)),
    };
    const description: Description = {
      sources: wanted,
      files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
      go: toolchain(),
    };
    return { ...files, "upstream.json": Buffer.from(`${JSON.stringify(description, undefined, 1)}\n`) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For each package its module; the main module has no version. */
const listed = "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}";

/** How everything in upstream/ is built, once it is pruned. */
export const goFlags = "-mod=readonly -modfile=.pruned/go.mod -tags=hashicorpmetrics";

const buildFlags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="];

/** Writes upstream/.pruned: what of upstream's modules the program is built of. */
export function prune(): void {
  go(["run", "./prune", ".pruned"], { GOFLAGS: "-mod=readonly" });
}

function go(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  return execFileSync("go", args, {
    cwd: sources,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 ** 2,
    // What the user's environment says of Go must not change a byte.
    env: {
      ...process.env,
      GOFLAGS: goFlags,
      GOTOOLCHAIN: toolchain(),
      GOWASM: "",
      GOEXPERIMENT: "",
      CGO_ENABLED: "0",
      ...env,
    },
  });
}

/** The version in go.mod's toolchain line: another compiler makes other bytes. */
function toolchain(): string {
  const version = /^toolchain (go\S+)$/m.exec(readFileSync(join(sources, "go.mod"), "utf8"))?.[1];
  if (version === undefined) throw new Error(`${sources}/go.mod has no toolchain line`);
  return version;
}

function hasGo(): boolean {
  try {
    execFileSync("go", ["version"], { cwd: sources, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function compress(bytes: Buffer): Buffer {
  return zstdCompressSync(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: 19,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
    pledgedSrcSize: bytes.length,
  });
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  const files = readdirSync(sources).filter(
    (name) => /\.go$|^go\.(mod|sum)$/.test(name) && !/_(test|host)\.go$/.test(name),
  );
  const others = [join(sources, "prune/main.go"), "scripts/build-upstream.ts", "scripts/go-licenses.ts"];
  for (const file of [...files.sort().map((name) => join(sources, name)), ...others])
    hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

function readCommitted(dist: string): BuiltFiles | undefined {
  if (!names.every((name) => existsSync(join(dist, name)))) return undefined;
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(dist, name))])) as BuiltFiles;
  const notices = files["licenses.txt"].toString("utf8");
  return { ...files, "licenses.txt": Buffer.from(notices.slice(Math.max(0, notices.indexOf(heading)))) };
}

function describes(files: BuiltFiles, wanted: string): boolean {
  const description = JSON.parse(files["upstream.json"].toString("utf8")) as Description;
  if (description.sources !== wanted) return false;
  return Object.entries(description.files).every(
    ([name, sum]) => sum === sha256(files[name as keyof BuiltFiles]),
  );
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
