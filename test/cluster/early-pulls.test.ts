import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createEarlyPulls } from "../../src/cluster/early-pulls.ts";
import { createHost } from "../../src/host/create.ts";
import type { Host } from "../../src/host/host.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const real = await createHost();
const host: Host = { ...real, exec: (argv, options) => real.exec(argv, { ...options, root: false }) };
const digest = `sha256:${"d".repeat(64)}`;
let folder = "";
let log = createRecordingLogger();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-early-"));
  log = createRecordingLogger();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A k3s that notes what its `ctr` is called with, and fails for one image. */
async function fakeCtr() {
  const path = join(folder, "k3s");
  const script = `#!/bin/sh
echo "$K3S_DATA_DIR $*" >>"${folder}/calls"
case "$*" in *"pull "*broken*) echo "no such image" >&2; exit 1 ;; esac
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return { path, dataDir: join(folder, "data"), socket: join(folder, "containerd.sock") };
}

const calls = async () => (await readFile(join(folder, "calls"), "utf8").catch(() => "")).trim().split("\n");
const start = () => createEarlyPulls({ host, log, signal: new AbortController().signal });

test("images are pulled when containerd is there, by the names that the kubelet looks for", async () => {
  const k3s = await fakeCtr();
  const pulls = start();
  pulls.add({ image: "grafana/grafana:13.2.0", digest });
  pulls.start(k3s);
  await host.sleep(300);
  expect(await calls()).toEqual([""]);
  await writeFile(k3s.socket, "");
  pulls.add({ image: `quay.io/a/b@${digest}`, digest });
  await vi.waitFor(async () => expect(await calls()).toHaveLength(3), 5_000);
  const images = `${k3s.dataDir} ctr --address ${k3s.socket} --namespace k8s.io images`;
  const pull = `${images} pull --hosts-dir ${k3s.dataDir}/agent/etc/containerd/certs.d --platform linux/${host.arch}`;
  expect((await calls()).toSorted()).toEqual(
    [
      `${pull} docker.io/grafana/grafana@${digest}`,
      `${images} tag --force docker.io/grafana/grafana@${digest} docker.io/grafana/grafana:13.2.0`,
      `${pull} quay.io/a/b@${digest}`,
    ].toSorted(),
  );
});

test("one that fails is left to the kubelet, and the others are pulled", async () => {
  const k3s = await fakeCtr();
  await writeFile(k3s.socket, "");
  const pulls = start();
  for (const image of ["quay.io/a/broken:1", "quay.io/a/b:1", "quay.io/a/c:1"]) pulls.add({ image, digest });
  pulls.start(k3s);
  await vi.waitFor(async () => expect(await calls()).toHaveLength(5), 5_000);
  expect(log.lines).toEqual([
    {
      level: "debug",
      message: expect.stringMatching(/^quay\.io\/a\/broken:1 is left to the kubelet: .*no such image/),
    },
  ]);
});

test("after it was stopped nothing is pulled", async () => {
  const k3s = await fakeCtr();
  const pulls = start();
  pulls.add({ image: "quay.io/a/b:1", digest });
  pulls.start(k3s);
  pulls.stop();
  await writeFile(k3s.socket, "");
  await host.sleep(400);
  expect(await calls()).toEqual([""]);
});
