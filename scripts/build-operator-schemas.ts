// Builds the schemas of the Prometheus operator's kinds from the definitions in its Go module, compressed. The result
// depends on the module's version and on src/schemas/crd.ts alone.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { parse } from "yaml";
import { extractKindSchema } from "../src/schemas/crd.ts";
import { type OperatorSchemas, schemasFile } from "../src/schemas/operator.ts";

const module = {
  path: "github.com/prometheus-operator/prometheus-operator",
  version: "v0.93.1",
  /** As go.sum has it. */
  sum: "h1:4Juk8v93RdG1DSGD/mGp+SeQKPmnlLIj2iq3blLZgFY=",
};

/** @throws Error where the committed file is that of other sources, and the module can't be had */
export function buildOperatorSchemas(dist: string, always: boolean): Buffer {
  const made = hashOfSources();
  const path = join(dist, schemasFile);
  const committed = existsSync(path) ? readFileSync(path) : undefined;
  if (!always && committed !== undefined && madeFrom(committed) === made) return committed;
  const folder = moduleFolder();
  return compress({
    operator: module.version,
    module: `${module.path} ${module.version}`,
    license: readFileSync(join(folder, "LICENSE"), "utf8"),
    made,
    kinds: readDefinitions(folder).flatMap((one) => extractKindSchema(one) ?? []),
  });
}

function readDefinitions(module: string): unknown[] {
  const folder = join(module, "example/prometheus-operator-crd");
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return files.sort().map((name) => parse(readFileSync(join(folder, name), "utf8")) as unknown);
}

function moduleFolder(): string {
  const argv = ["mod", "download", "-json", `${module.path}@${module.version}`];
  const text = execFileSync("go", argv, {
    cwd: tmpdir(),
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=mod" },
  });
  const { Dir, Sum } = JSON.parse(text) as { Dir: string; Sum: string };
  if (Sum !== module.sum)
    throw new Error(`${module.path} ${module.version} has the checksum ${Sum}, expected ${module.sum}`);
  return Dir;
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  for (const file of ["src/schemas/crd.ts", "scripts/build-operator-schemas.ts"])
    hash.update(readFileSync(file));
  return hash.digest("hex");
}

function madeFrom(file: Buffer): string {
  return (JSON.parse(zstdDecompressSync(file).toString("utf8")) as OperatorSchemas).made;
}

function compress(schemas: OperatorSchemas): Buffer {
  const bytes = Buffer.from(JSON.stringify(schemas));
  const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_checksumFlag]: 1 };
  return zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length });
}
