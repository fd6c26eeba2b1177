import { join } from "node:path";
import { expect, it } from "vitest";
import { makeBackup } from "../../src/backup/backup.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import { startStack, type TestStack, writeBlock } from "./support/stack.ts";

/** A stack whose Prometheus has no shell, in a volume that it mounts a folder of, as the operator's does. */
async function shellless(): Promise<TestStack> {
  const stack = await startStack();
  const { pod, dataDir } = stack;
  pod.lacks.push("sh", "tar", "rm", "df");
  pod.volume = stack.folder;
  pod.containers = [
    {
      name: "server",
      image: "quay.io/prometheus/prometheus:v3.14.0-distroless",
      args: [`--storage.tsdb.path=${dataDir}`],
      volumeMounts: [
        { name: "config", mountPath: "/" },
        { name: "db", mountPath: dataDir, subPath: "data" },
      ],
      securityContext: { runAsUser: 1000, readOnlyRootFilesystem: true },
    },
    { name: "grafana", image: "docker.io/grafana/grafana:13.2.0" },
  ];
  return stack;
}

it("is backed up and restored by a container of Grafana's image that is added to the pod, and ended", async () => {
  await using old = await shellless();
  await using fresh = await shellless();
  await writeBlock(old.dataDir);
  const file = join(old.folder, "backup.tar.gz");
  await makeBackup(old.target, file, "0.1.0");
  await restoreBackup(fresh.target, file);
  const files = Object.entries(await old.blocks());
  expect(files.filter(([path]) => path.startsWith("snapshots/"))).toEqual([]);
  expect(await fresh.blocks()).toEqual(Object.fromEntries(files));
  for (const { pod, log } of [old, fresh]) {
    expect(pod.added).toEqual([
      {
        name: expect.stringMatching(/^monstack-[0-9a-f]{8}$/),
        image: "docker.io/grafana/grafana:13.2.0",
        imagePullPolicy: "IfNotPresent",
        command: ["sh", "-c", "trap 'exit 0' TERM; sleep 3600 & wait"],
        volumeMounts: [{ name: "db", mountPath: "/monstack" }],
        securityContext: {
          runAsUser: 1000,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        },
      },
    ]);
    expect(pod.commands.at(-1)).toEqual(["kill", "1"]);
    expect(log.lines.map(({ message }) => message).join()).toContain("a container with one");
  }
});

it("says which right is missing to add it", async () => {
  await using stack = await shellless();
  await writeBlock(stack.dataDir);
  stack.pod.volume = undefined;
  await expect(makeBackup(stack.target, join(stack.folder, "x.tar.gz"), "0.1.0")).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/^no container can be added to pod monitoring\/prometheus-0: 403 /),
    fix: expect.stringContaining("patch on pods/ephemeralcontainers"),
  });
});

it("says that the image has no shell where there is no Grafana to lend one", async () => {
  await using stack = await shellless();
  await writeBlock(stack.dataDir);
  const target = { ...stack.target, grafana: undefined };
  await expect(makeBackup(target, join(stack.folder, "x.tar.gz"), "0.1.0")).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining("container server of pod monitoring/prometheus-0 has no sh: "),
    fix: expect.stringContaining("distroless"),
  });
});
