// Fails when the committed bundle is not what the sources build to: a GitHub Action runs the bundle, not the sources.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function contents(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name))]));
}

const fresh = mkdtempSync(join(tmpdir(), "monstack-dist-"));
try {
  // In CI the program of upstream/ is built, not taken from dist/.
  const env = process.env["CI"] === "true" ? { ...process.env, BUILD_UPSTREAM: "always" } : process.env;
  execFileSync("rolldown", ["-c", "--dir", fresh, "--logLevel", "silent"], { stdio: "inherit", env });
  const built = contents(fresh);
  const committed = contents("dist");
  const names = [...new Set([...built.keys(), ...committed.keys()])];
  const stale = names.filter((name) => {
    const [is, was] = [built.get(name), committed.get(name)];
    return is === undefined || was === undefined || !is.equals(was);
  });
  if (stale.length > 0) {
    console.error(
      `dist/ is not what src/ and upstream/ build to (${stale.join(", ")}): run \`npm run build\` and commit dist/`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
