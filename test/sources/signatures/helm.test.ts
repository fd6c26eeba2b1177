import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkHelm, helmKeysUrl, helmReleaseManagers } from "../../../src/sources/signatures/helm.ts";
import { installTool } from "../../../src/sources/tools/install.ts";
import { quick } from "../machine.ts";
import { helmUrl, publishHelm } from "../tool-releases.ts";
import { htmlPage, status } from "../upstream.ts";
import { createSigningMachine, fakeProgram, signed } from "./machine.ts";

const version = "v4.1.4";
const url = helmUrl(version);

const hasGpg = (() => {
  try {
    execFileSync("gpg", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

let machine: Awaited<ReturnType<typeof createSigningMachine>>;
beforeEach(async () => {
  machine = await createSigningMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

describe("gpg's words, with a fake gpg", () => {
  const primary = "A".repeat(40);
  const good = `[GNUPG:] GOODSIG ${primary.slice(-16)} The Manager`;
  const valid = `[GNUPG:] VALIDSIG ${primary} 2026-01-01 1767225600 0 4 0 22 8 00 ${primary}`;

  async function check(prints: string[], exitCode = 0) {
    machine.upstream.serve(`${url}.asc`, "signature\n");
    machine.upstream.serve(helmKeysUrl, "keys\n");
    await fakeProgram(machine, "gpg", { exitCode, prints: prints.join("\n") });
    return await checkHelm(signed(machine, { version, url, path: "/helm" }), { [primary]: "The Manager" });
  }

  it("that are a clear good are one", async () => {
    expect(await check(["[GNUPG:] NEWSIG", good, valid])).toMatchObject({ status: "verified" });
  });

  it.each<[string, string[], number]>([
    ["a good exit code alone", [], 0],
    ["a valid signature that is not called good", [valid], 0],
    ["a good one that is not called valid", [good], 0],
    ["an expired signature", [`[GNUPG:] EXPSIG ${primary.slice(-16)} The Manager`, valid], 0],
    ["one that gpg can't judge beside a good one", [good, valid, "[GNUPG:] ERRSIG 1 1 8 00 1 9"], 0],
    ["a second signature", [good, valid, good, valid], 0],
    ["a good one and another exit code", [good, valid], 2],
    ["a good one in a line that is not gpg's", [`x${good}`, `gpg: ${valid}`], 0],
    ["a key called as JavaScript calls something", [good, valid.replaceAll(primary, "constructor")], 0],
  ])("%s is wrong", async (_name, prints, exitCode) => {
    await expect(check(prints, exitCode)).rejects.toThrow(
      /^signature verification failed for helm v4\.1\.4: /,
    );
  });
});

describe.skipIf(!hasGpg)("helm's signature, with the real gpg (Debian's package gnupg)", () => {
  // gpg-agent's socket has a path of 107 bytes at most.
  const home = mkdtempSync(join(tmpdir(), "gpg-"));
  const gpg = (...args: string[]) =>
    execFileSync("gpg", ["--homedir", home, "--batch", "--no-tty", "--quiet", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  /** @returns the fingerprint */
  const makeKey = (name: string, expires = "never"): string => {
    gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", expires);
    return /^fpr:+([0-9A-F]{40})/m.exec(gpg("--with-colons", "--list-keys", name))?.[1] ?? "";
  };
  const keys = { manager: "", other: "" };
  beforeAll(() => {
    keys.manager = makeKey("manager");
    keys.other = makeKey("other");
  });
  afterAll(() => {
    execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true });
  });

  /** Publishes helm with this key's signature, and these keys. */
  function publish(key: string, published: readonly string[] = [keys.manager, keys.other]) {
    const archive = publishHelm(machine.upstream, version);
    const path = join(machine.home, "helm.tar.gz");
    writeFileSync(path, archive);
    gpg("--yes", "--local-user", key, "--armor", "--detach-sign", path);
    machine.upstream.serve(`${url}.asc`, readFileSync(`${path}.asc`));
    machine.upstream.serve(helmKeysUrl, gpg("--armor", "--export", ...published));
    return path;
  }

  function check(path: string) {
    return checkHelm(signed(machine, { version, url, path }), { [keys.manager]: "The Manager" });
  }

  it("of a release manager is verified, and says whose it is", async () => {
    expect(await check(publish(keys.manager))).toEqual({
      status: "verified",
      by: "gpg",
      signer: `The Manager (${keys.manager})`,
    });
  });

  it("of other bytes is wrong", async () => {
    const path = publish(keys.manager);
    writeFileSync(path, "other bytes");
    await expect(check(path)).rejects.toThrow(
      "signature verification failed for helm v4.1.4: gpg says that these are not the bytes that were signed; the download was discarded",
    );
  });

  it("of somebody whose key stands in KEYS but is not known here is wrong", async () => {
    await expect(check(publish(keys.other))).rejects.toThrow(
      `it is of the key ${keys.other}, which does not belong to`,
    );
  });

  it("of a key that KEYS doesn't have is wrong", async () => {
    await expect(check(publish(keys.other, [keys.manager]))).rejects.toThrow(
      `it is of the key ${keys.other.slice(-16)}, which is not in helm's KEYS`,
    );
  });

  it("that is none is wrong", async () => {
    const path = publish(keys.manager);
    machine.upstream.serve(`${url}.asc`, "no signature\n");
    await expect(check(path)).rejects.toThrow(/failed for .*: gpg finds none in it/);
  });

  it.each([
    ["isn't there", status(404), `not found: ${url}.asc`],
    ["is a web page", htmlPage, "is a web page"],
    ["can't be fetched", status(403), "the host answers 403"],
  ] as const)("that %s could not be checked", async (_name, answer, why) => {
    const path = publish(keys.manager);
    machine.upstream.serve(`${url}.asc`, answer);
    expect(await check(path)).toEqual({ status: "unchecked", why: expect.stringContaining(why) });
  });

  it("of a stranger ends an install, and nothing is kept", async () => {
    publish(keys.manager);
    const config = { ...machine.config, verifySignatures: true };
    await expect(installTool(machine.context, config, "helm", quick)).rejects.toThrow(
      /does not belong to a known helm release manager; the download was discarded/,
    );
    expect(await machine.host.files.list(`${machine.home}/.cache/monstack/tools`)).toEqual([]);
    expect((await installTool(machine.context, machine.config, "helm", quick)).signature).toBeUndefined();
    // What was kept before signatures were asked for is checked when they are.
    await expect(installTool(machine.context, config, "helm", quick)).rejects.toThrow(
      /does not belong to a known helm release manager/,
    );
  });
});

it("the release managers are told by whole fingerprints", () => {
  for (const fingerprint of Object.keys(helmReleaseManagers)) expect(fingerprint).toMatch(/^[0-9A-F]{40}$/);
});

it("without gpg an install goes on, and says in log and result what could not be checked", async () => {
  await using bare = await createSigningMachine({}, "");
  const tools = ["timeout", "sh", "sudo", "true"];
  for (const name of tools) {
    const real = execFileSync("sh", ["-c", `command -v ${name} || true`], { encoding: "utf8" }).trim();
    if (real.startsWith("/")) execFileSync("ln", ["-s", real, join(bare.bin, name)]);
  }
  publishHelm(bare.upstream, version);
  const { signature } = await installTool(
    bare.context,
    { ...bare.config, verifySignatures: true },
    "helm",
    quick,
  );
  const why = "gpg is not on this machine (Debian's package gnupg has it)";
  expect(signature).toEqual({ status: "unchecked", why });
  const warnings = bare.log.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  expect(warnings).toEqual([`the signature of helm v4.1.4 could not be checked: ${why}`]);
});

it("nothing is asked for where no request is allowed", async () => {
  publishHelm(machine.upstream, version);
  await installTool(machine.context, machine.config, "helm", quick);
  machine.upstream.requests.length = 0;
  await fakeProgram(machine, "gpg", { exitCode: 1 });
  const supply = { lock: undefined, lockedBy: "", offline: "--bundle b.tar" };
  const config = { ...machine.config, verifySignatures: true };
  const { signature } = await installTool(machine.context, config, "helm", { ...quick, supply });
  expect(signature).toEqual({ status: "unchecked", why: "--bundle b.tar allows no request" });
  expect(machine.upstream.requests).toEqual([]);
});
