import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dist } from "./support/bundle.ts";

const root = resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "monstack-package-"));
/** An empty folder into which the package is installed. */
const place = join(folder, "place");
const env = { PATH: process.env["PATH"], HOME: join(folder, "home"), npm_config_offline: "true" };

/** Most of it is the program of upstream's own code: 7.85 MB, compressed already. Below 8 would be better. */
const maxMegabytes = 9.6;

/** What the CLI reads or starts by its path. */
const readAsFiles = [
  ...["page.js", "page.css", "wasm_exec.js", "upstream.wasm.zst", "operator-schemas.json.zst"],
  "licenses.txt",
];

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}
let packed: Packed;

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: place, env, encoding: "utf8" });
}

// The bundle of the current sources is packed, not the committed one.
beforeAll(() => {
  const source = join(folder, "source");
  mkdirSync(source);
  mkdirSync(place);
  mkdirSync(env.HOME);
  for (const name of ["package.json", "README.md", "LICENSE", "CHANGELOG.md"])
    cpSync(join(root, name), join(source, name));
  cpSync(dist, join(source, "dist"), { recursive: true });
  rmSync(join(source, "dist/package.json"));
  [packed] = JSON.parse(run("npm", "pack", source, "--json", "--pack-destination", place));
  // Without a prefix, npm would install into a folder above that has a package.json.
  run(
    "npm",
    "install",
    `./${packed.filename}`,
    "--prefix",
    ".",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the npm package", () => {
  it("is public, needs no other package, and has the licenses of what it contains", () => {
    expect(manifest).not.toHaveProperty("private");
    expect(manifest).not.toHaveProperty("dependencies");
    expect(readdirSync(join(place, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "monstack",
    ]);
    const licenses = readFileSync(join(place, "node_modules/monstack/dist/licenses.txt"), "utf8");
    for (const name of ["undici", "zod", "@kubernetes/client-node", "log-update", "uplot"])
      expect(licenses).toMatch(new RegExp(`^${name} \\d`, "m"));
    expect(licenses).toContain("github.com/prometheus/prometheus ");
    expect(licenses).not.toMatch(/^(vitest|rolldown|typescript) \d/m);
  });

  it("has every file that the CLI can load, and none that only the action loads", () => {
    const paths = packed.files.map(({ path }) => path);
    const needed = listImported(["cli.js", "forward.js", "upstream.js"]);
    expect(paths).toEqual(expect.arrayContaining(readAsFiles.map((path) => `dist/${path}`)));
    const scripts = paths.filter((path) => /^dist\/.*\.js$/.test(path));
    const imported = scripts.filter((path) => !readAsFiles.some((name) => path === `dist/${name}`));
    expect(imported.toSorted()).toEqual(needed.map((path) => `dist/${path}`).toSorted());
    const others = paths.filter((path) => !path.endsWith(".js"));
    expect(others.filter((path) => !path.startsWith("dist/")).toSorted()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "package.json",
    ]);
  });

  it(`is below ${maxMegabytes} MB`, () => {
    expect(packed.size).toBeLessThan(maxMegabytes * 1e6);
  });

  it("runs with npx in the folder into which it was installed", () => {
    expect(run("npx", "monstack", "--version")).toBe(`monstack ${manifest.version}\n`);
    expect(run("npx", "monstack", "--help")).toContain("monstack COMMAND");
    expect(run("npx", "monstack", "plan")).toMatch(/prometheus-community\/prometheus/);
    expect(existsSync(join(place, "monstack-report"))).toBe(false);
  });
});

/** Returns the scripts of the bundle that these ones import, directly or not, and themselves. */
function listImported(names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const text = readFileSync(join(dist, name), "utf8");
    const base = name.includes("/") ? name.slice(0, name.lastIndexOf("/") + 1) : "";
    for (const [, path = ""] of text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"(\.[^"]+\.js)"/g))
      visit(join(base, path));
  };
  for (const name of names) visit(name);
  return [...found];
}
