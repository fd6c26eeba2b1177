import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { runInPod, startInPod } from "../../src/backup/exec.ts";
import { createHost } from "../../src/host/create.ts";
import { Interrupted } from "../../src/lib/errors.ts";
import { kubeConfigFor } from "../support/fake-kube-api.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { startPod } from "./support/pod.ts";

const container = { namespace: "monitoring", pod: "prometheus-0", name: "server" };
const host = await createHost();
const contextWith = (signal: AbortSignal) => ({ host, log: createRecordingLogger(), signal });

it("gives what a command wrote, and in an error what it complained of", async () => {
  await using pod = await startPod("v5");
  const context = contextWith(new AbortController().signal);
  const run = (script: string) => runInPod(context, kubeConfigFor(pod.url), container, ["sh", "-c", script]);
  expect(await run("echo out; echo err >&2")).toBe("out\n");
  await expect(run("echo 'no space left' >&2; exit 3")).rejects.toThrow(
    "sh in container server of pod monitoring/prometheus-0 ended with exit code 3: no space left",
  );
});

it("holds no more than a little of what comes faster than it is read", async () => {
  await using pod = await startPod("v5");
  const context = contextWith(new AbortController().signal);
  const many = ["sh", "-c", "head -c 200000000 /dev/zero"];
  const { output, ended } = await startInPod(context, kubeConfigFor(pod.url), container, many);
  const held = () => (output as PassThrough).writableLength + (output as PassThrough).readableLength;
  let earlier = 0;
  const isFull = () => {
    const isSteady = held() === earlier && earlier > 1_000_000;
    earlier = held();
    return isSteady;
  };
  await expect.poll(isFull, { interval: 300, timeout: 15_000 }).toBe(true);
  expect(held()).toBeLessThan(4_000_000);
  let bytes = 0;
  for await (const piece of output) bytes += piece.length;
  await ended;
  expect(bytes).toBe(200_000_000);
});

it.each([
  ["while it runs", true],
  ["before the API server has answered", false],
])("ends when the run is interrupted, %s", async (_, answers) => {
  await using pod = await startPod("v5");
  const mute = createServer().on("upgrade", () => {});
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const url = answers ? pod.url : `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  const stop = new AbortController();
  const running = runInPod(contextWith(stop.signal), kubeConfigFor(url), container, ["sleep", "30"]);
  setTimeout(() => stop.abort(), 300);
  const began = Date.now();
  await expect(running).rejects.toBeInstanceOf(Interrupted);
  expect(Date.now() - began).toBeLessThan(3_000);
  mute.closeAllConnections();
  mute.close();
});

it("names the right that is missing", async () => {
  const refusing = createServer().on("upgrade", (_, socket) => {
    socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  const context = contextWith(new AbortController().signal);
  await expect(runInPod(context, kubeConfigFor(url), container, ["true"])).rejects.toMatchObject({
    exitCode: 3,
    fix: "the kubeconfig's user needs the verbs get and create on pods/exec: `monstack rbac --also backup,restore` prints the roles",
  });
  refusing.close();
});
