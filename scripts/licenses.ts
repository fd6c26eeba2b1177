// The notices of everything whose code is in the bundle, for licenses.txt beside it.
import { readdirSync, readFileSync } from "node:fs";
import { readSchemas } from "../src/schemas/operator.ts";
import { separator } from "./go-licenses.ts";

interface LicenseSources {
  /** The paths of all modules in the bundle. */
  readonly modules: readonly string[];
  /** The operator's schemas as they are in the bundle. */
  readonly schemas: Buffer;
  /** The notices of the Go modules. */
  readonly goNotices: Buffer;
}

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
}

/** Returns the notices of the bundled npm packages, of the operator's definitions and of the Go modules. */
export function renderLicenses({ modules, schemas, goNotices }: LicenseSources): string {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const packages = listPackages(modules).map((path) => {
    const { version, license } = lock.packages[path] ?? {};
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return `${name} ${version} (${license ?? "license not named"})\n\n${readNotice(path)}`;
  });
  const { module, license } = readSchemas(schemas);
  const definitions = `${module} (its custom resource definitions)\n\n${license.trim()}\n`;
  return [...packages, definitions, goNotices.toString("utf8")].join(separator);
}

/** Returns the folders of the packages that modules belong to, as package-lock.json names them. */
export function listPackages(modules: readonly string[]): string[] {
  const paths = modules.flatMap(
    (id) => /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? [],
  );
  return [...new Set(paths)].sort((a, b) => (a < b ? -1 : 1));
}

/** Returns the license's text as the package carries it; some packages only name theirs. */
function readNotice(path: string): string {
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined
    ? "(the package carries no license text)\n"
    : `${readFileSync(`${path}/${file}`, "utf8").trim()}\n`;
}
