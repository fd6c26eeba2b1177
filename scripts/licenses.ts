// Completes licenses.txt in the bundle's folder: the notices of all packages and Go modules whose code can be in the bundle.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSchemas, schemasFile } from "../src/schemas/operator.ts";
import { separator } from "./go-licenses.ts";

interface LockedPackage {
  version: string;
  dev?: boolean;
  optional?: boolean;
  license?: string;
}

const [folder = "dist"] = process.argv.slice(2);
const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  packages: Record<string, LockedPackage>;
};
const sections = Object.entries(lock.packages)
  .filter(([path, { dev }]) => path !== "" && dev !== true)
  // Of a program for each platform only one is installed, and none is bundled.
  .filter(([path, { optional }]) => optional !== true || existsSync(path))
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([path, { version, license }]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return `${name} ${version} (${license ?? "license not named"})\n\n${notice(path)}`;
  });
const { module, license: terms } = readSchemas(readFileSync(join(folder, schemasFile)));
sections.push(`${module} (its custom resource definitions)\n\n${terms.trim()}\n`);
// It has those of the Go modules already (build-upstream.ts).
const file = join(folder, "licenses.txt");
writeFileSync(file, [...sections, readFileSync(file, "utf8")].join(separator));

/** The license's text as the package carries it; some packages only name theirs. */
function notice(path: string): string {
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined
    ? "(the package carries no license text)\n"
    : `${readFileSync(join(path, file), "utf8").trim()}\n`;
}
