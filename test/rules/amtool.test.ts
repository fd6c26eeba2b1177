import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { createRecordingLogger } from "../../src/host/logger.ts";
import { runAmtool } from "../../src/rules/amtool.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "amtool-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

/** A program that does with a configuration what amtool 0.33.1 does, and keeps what it was given. */
async function amtool(output: string, exitCode: number): Promise<string> {
  const path = join(folder, "amtool");
  const script = `#!/bin/sh
[ "$1" = --version ] && exit 0
cp "$2" ${folder}/given.yml
stat -c %a "$2" > ${folder}/mode
echo "$2" > ${folder}/path
printf "Checking '%s'  ${output}" "$2"
[ ${exitCode} = 0 ] || echo "amtool: error: failed to validate 1 file(s)" >&2
exit ${exitCode}
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

const config = {
  route: { receiver: "a" },
  receivers: [{ name: "a", slack_configs: [{ api_url: "https://x.example/s3cr3t", odd_field: 1 }] }],
};

async function run(
  path: string | undefined,
  env: Record<string, string | undefined> = process.env,
  more: Record<string, unknown> = {},
) {
  const log = createRecordingLogger();
  log.mask("https://x.example/s3cr3t");
  const context = { host: await createHost(env), log, signal: new AbortController().signal };
  await runAmtool(context, {
    amtool: path,
    config: { ...config, ...more },
    placeOf: (at) => `am.yaml (${at.join(".")})`,
  });
  return log.lines.map(({ message }) => message);
}

test("amtool gets the whole configuration in a file that only its owner reads, and that is gone afterwards", async () => {
  expect(await run(await amtool("SUCCESS\\n", 0))).toEqual(["amtool takes Alertmanager's configuration"]);
  expect(await readFile(join(folder, "given.yml"), "utf8")).toContain("api_url: https://x.example/s3cr3t");
  expect((await readFile(join(folder, "mode"), "utf8")).trim()).toBe("600");
  const path = (await readFile(join(folder, "path"), "utf8")).trim();
  await expect(stat(path)).rejects.toThrow("ENOENT");
});

test("what it refuses is told in its words, at the user's own place", async () => {
  const words =
    "FAILED: yaml: unmarshal errors:\\n  line 7: field odd_field not found in type config.plain\\n\\n";
  await expect(run(await amtool(words, 1))).rejects.toThrow(
    /^am\.yaml \(receivers\.0\.slack_configs\.0\.odd_field\): amtool refuses Alertmanager's configuration: yaml: unmarshal errors: field odd_field not found in type config\.plain$/,
  );
});

test("a secret in its words is not told", async () => {
  const path = await amtool("FAILED: bad URL https://x.example/s3cr3t\\n", 1);
  await expect(run(path)).rejects.toThrow(
    "am.yaml (): amtool refuses Alertmanager's configuration: bad URL ***",
  );
});

test("without one nothing is said; one that was named must be there", async () => {
  expect(await run(undefined, { ...process.env, PATH: folder })).toEqual([
    expect.stringMatching(/amtool (is not in PATH|takes)/),
  ]);
  await expect(run(join(folder, "nowhere"))).rejects.toThrow("alerting.amtool: ");
});

test("amtool opens no file of this machine: templates are the pod's", async () => {
  await run(await amtool("SUCCESS\\n", 0), process.env, { templates: ["/proc/self/environ"] });
  const given = await readFile(join(folder, "given.yml"), "utf8");
  expect([given.includes("environ"), given.includes("templates: []")]).toEqual([false, true]);
});
