// The notices of the Go modules that are linked into a program.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const separator = `\n${"-".repeat(100)}\n\n`;

/** The line that begins what this file makes of the modules. */
export const heading = "Go modules in upstream.wasm.zst, those with the same text together";

/** @param packages lines of `module version folder`, one for each package of the program */
export function moduleLicenses(packages: string, goVersion: string, goRoot: string): string {
  const modules = new Set(packages.split("\n").filter((line) => line.split(" ").length === 3));
  const byText = new Map<string, string[]>();
  for (const line of [
    `Go's standard library and wasm_exec.js, ${goVersion} ${goRoot}`,
    ...[...modules].sort(),
  ]) {
    const folder = line.slice(line.lastIndexOf(" ") + 1);
    const text = notices(folder);
    byText.set(text, [...(byText.get(text) ?? []), line.slice(0, -folder.length - 1)]);
  }
  return [heading, ...[...byText].map(([text, names]) => `${names.join("\n")}\n\n${text}`)].join(separator);
}

function notices(folder: string): string {
  const files = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice|patents)/i.test(name))
    .sort();
  if (files.length === 0) return "(the module carries no license text)\n";
  return files.map((name) => `${readFileSync(join(folder, name), "utf8").trim()}\n`).join("\n");
}
