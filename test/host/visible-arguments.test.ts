import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runJob } from "../../src/app/job.ts";
import { launch } from "../../src/cluster/launch.ts";
import { splitSecretArguments } from "../../src/config/secrets.ts";
import { createHost } from "../../src/host/create.ts";
import { openSession } from "../app/support/session.ts";
import { createWorld } from "../app/support/world.ts";
import { findCanary, plainCanary } from "../support/canary.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const proxy = `http://ann:${plainCanary}@127.0.0.1:9`;

/** What `ps` shows to every user: the arguments of all processes that have this in them, and of their parents. */
async function visible(mark: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return all.filter((argv) => argv.includes(mark)).map((argv) => argv.replaceAll("\0", " "));
}

describe("no secret is among the arguments of a process, which every user can read", () => {
  test("k3s, its environment and what starts it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "monstack-ps-"));
    const program = join(folder, "k3s");
    const script = `echo "$K3S_TOKEN $HTTPS_PROXY" > '${folder}/seen'; while :; do sleep 0.2; done`;
    await writeFile(program, `#!/bin/sh\n${script}\n`);
    await chmod(program, 0o755);
    const host = await createHost({ PATH: process.env.PATH, HTTPS_PROXY: proxy });
    const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
    const { args, env } = splitSecretArguments([`--token=${plainCanary}`, "--disable=x"]);
    const pid = await launch(context, [program, "server", ...args], {
      systemd: false,
      logFile: join(folder, "k3s.log"),
      env,
    });
    try {
      await expect
        .poll(() => readFile(join(folder, "seen"), "utf8").catch(() => ""))
        .toBe(`${plainCanary} ${proxy}\n`);
      const shown = [...(await visible(folder)), await readFile(`/proc/${pid}/cmdline`, "utf8")];
      expect(shown.join("\n")).toContain("--disable=x");
      expect(shown.flatMap((argv) => findCanary(argv))).toEqual([]);
    } finally {
      await host.exec(["kill", String(pid)], { root: true, allowFailure: true });
      await rm(folder, { recursive: true });
    }
  });

  test("a command that is run as root or not, with a secret in its environment and its input", async () => {
    const host = await createHost({ PATH: process.env.PATH });
    const script =
      'cat > /dev/null; for p in $$ $PPID; do tr "\\0" " " < /proc/$p/cmdline; done; echo "$SECRET"';
    for (const root of [false, host.rights !== "none"]) {
      const { stdout } = await host.exec(["sh", "-c", script], {
        root,
        env: { SECRET: plainCanary },
        input: plainCanary,
      });
      const lines = stdout.trimEnd().split("\n");
      expect(lines.pop()).toContain(plainCanary);
      expect(lines.flatMap((line) => findCanary(line))).toEqual([]);
    }
  });

  test("all that a run starts", async () => {
    await using world = await createWorld();
    const helm = await readFile(join(world.folder, "helm"), "utf8");
    const watching = `for p in $$ $PPID; do tr '\\0' ' ' < /proc/$p/cmdline >> '${world.folder}/argv'; echo >> '${world.folder}/argv'; done\n`;
    await writeFile(join(world.folder, "helm"), helm.replace("#!/bin/sh\n", `#!/bin/sh\n${watching}`));
    const file = await readFile(join(world.folder, "monstack.yaml"), "utf8");
    const values = `thing: {chart: ./chart, values: {password: ${plainCanary}}, set: {a.token: ${plainCanary}}}`;
    await writeFile(join(world.folder, "monstack.yaml"), file.replace("thing: {chart: ./chart}", values));
    const { session } = await openSession(world, { flags: { "grafana-password": plainCanary } });
    await runJob(session, { mode: "run", verifyAfterUp: false, keepOnFailure: false, replace: false });
    const argv = (await world.read("argv")) ?? "";
    expect(argv).toContain("upgrade");
    expect(findCanary(argv)).toEqual([]);
  });
});
