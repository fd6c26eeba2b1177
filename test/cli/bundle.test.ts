import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeBundle } from "../../src/app/make-bundle.ts";
import { openSession } from "../../src/app/session/open.ts";
import { bundleCommands } from "../../src/cli/commands/bundle.ts";
import { createHost } from "../../src/host/create.ts";
import { bundleOf, imageDigest, manifestOf, wholeParts, written } from "../bundle/support/bundles.ts";
import { upstreamProgram } from "../support/judge.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const host = await createHost();
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-cli-bundle-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function told(action: "inspect" | "verify", json = false): Promise<string> {
  const file = await written(folder, bundleOf());
  const texts: string[] = [];
  const command = bundleCommands.commands.find(({ name }) => name === action);
  const exitCode = await command?.prepare({ json }, [file]).run({
    print: (text) => void texts.push(text),
    printJson: () => {},
    createHost: async () => host,
    createContext: () => Promise.reject(new Error("a bundle is read without a context")),
    withSession: () => Promise.reject(new Error("a bundle is read without a configuration")),
  });
  expect(exitCode).toBe(0);
  return texts.join("").replaceAll(folder, "FOLDER");
}

describe("bundle inspect", () => {
  it("says what is in it, when it was made and what was verified", async () => {
    expect(await told("inspect")).toBe(`FOLDER/given.tar: a bundle for linux/amd64, profile ci, 3.3 KiB
made by monstack 0.1.0 at 2026-11-20T10:00:00.000Z, of a run that was verified at 2026-11-20T09:59:00.000Z: 2 checks passed

  k3s                               v1.36.3+k3s1                                                                  51 B
  helm                              v4.1.4                                                                        33 B
  kubectl                           v1.36.3                                                                       69 B
  chart prometheus                  29.27.0                                                                      178 B
  dashboard 1860                    revision 3                                                                    28 B
  docker.io/grafana/grafana:13.2.0  ${imageDigest}    1.6 KiB
`);
  });

  it("gives the manifest itself with --json", async () => {
    expect(JSON.parse(await told("inspect", true))).toEqual(manifestOf(wholeParts()));
  });
});

it("bundle verify says that it is whole", async () => {
  expect(await told("verify")).toBe(
    "FOLDER/given.tar is whole: 3 tools, 1 chart, 1 dashboard, 1 image, each as it was written\n",
  );
});

describe("bundle create", () => {
  const create = async (flags: Record<string, string>, file: string) => {
    const session = await openSession(
      { host, log: createRecordingLogger(), signal: new AbortController().signal },
      { cwd: folder, file: undefined, flags, forwardScript: "", upstreamProgram },
    );
    return await makeBundle(session, file);
  };

  it("for an existing cluster says why that can't be", async () => {
    await expect(create({ kubeconfig: join(folder, "kubeconfig") }, join(folder, "b.tar"))).rejects.toThrow(
      "bundle create: `cluster` names an existing cluster, whose images monstack can't read out",
    );
  });

  it("into a file that can't be written is refused before anything is begun", async () => {
    const file = await written(folder, Buffer.from("a file, and no folder"));
    await expect(create({}, join(file, "b.tar"))).rejects.toThrow(
      /the bundle .*given\.tar\/b\.tar can't be written: ENOTDIR|EEXIST/,
    );
  });
});
