import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkK3s } from "../../../src/sources/signatures/k3s.ts";
import { checkKubectl } from "../../../src/sources/signatures/kubectl.ts";
import { installTool } from "../../../src/sources/tools/install.ts";
import { lockOf } from "../../lock/locks.ts";
import { quick } from "../machine.ts";
import { k3sUrl, kubectlUrl, publishK3s, publishKubectl } from "../tool-releases.ts";
import { dead, htmlPage, sha256, status } from "../upstream.ts";
import { createSigningMachine, fakeProgram, signed } from "./machine.ts";

let machine: Awaited<ReturnType<typeof createSigningMachine>>;
beforeEach(async () => {
  machine = await createSigningMachine({ GITHUB_TOKEN: "token-of-the-job" });
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

describe("kubectl's signature, with a fake cosign", () => {
  const url = kubectlUrl("v1.36.3");

  function check() {
    machine.upstream.serve(`${url}.sig`, "c2lnbmF0dXJl\n");
    machine.upstream.serve(`${url}.cert`, "Y2VydA==\n");
    return checkKubectl(signed(machine, { version: "v1.36.3", url, path: "/kubectl" }));
  }

  it("is verified with the identity of Kubernetes' releases", async () => {
    const argv = await fakeProgram(machine, "cosign", { exitCode: 0, says: "Verified OK" });
    expect(await check()).toMatchObject({ status: "verified", by: "cosign" });
    expect((await argv()).map((word) => word.replace(/^\/tmp\S+\//, ""))).toEqual([
      ...["verify-blob", "/kubectl", "--signature", "kubectl.sig", "--certificate", "kubectl.cert"],
      ...["--certificate-identity", "krel-staging@k8s-releng-prod.iam.gserviceaccount.com"],
      ...["--certificate-oidc-issuer", "https://accounts.google.com"],
    ]);
  });

  it.each([
    "Error: verifying blob [kubectl]: invalid signature when validating ASN.1 encoded signature",
    "Error: none of the expected identities matched what was in the certificate",
    "Error: words that nobody has seen yet",
  ])("is wrong when cosign refuses it: %s", async (says) => {
    await fakeProgram(machine, "cosign", { exitCode: 1, says });
    await expect(check()).rejects.toThrow(
      `signature verification failed for kubectl v1.36.3: cosign says: ${says}`,
    );
  });

  const outage =
    'Error: getting Rekor public keys: Get "https://tuf-repo-cdn.sigstore.dev/": dial tcp: no such host';

  it("could not be checked when cosign can't reach sigstore, and neither can we", async () => {
    await fakeProgram(machine, "cosign", { exitCode: 1, says: outage });
    machine.upstream.serve("https://tuf-repo-cdn.sigstore.dev/", dead);
    expect(await check()).toEqual({ status: "unchecked", why: `cosign could not do it: ${outage}` });
  });

  it("is wrong when cosign only says that it can't reach sigstore: a certificate can hold such words", async () => {
    const says = `Error: none of the expected identities matched what was in the certificate, got subjects [dial tcp: no such host 503]`;
    await fakeProgram(machine, "cosign", { exitCode: 1, says });
    await expect(check()).rejects.toThrow(
      `signature verification failed for kubectl v1.36.3: cosign says: ${says}`,
    );
  });

  it("is wrong when cosign ends well and does not say that it is verified", async () => {
    await fakeProgram(machine, "cosign", { exitCode: 0, says: "WARNING: Skipping tlog verification" });
    await expect(check()).rejects.toThrow("cosign does not say that it is verified");
  });

  it("could not be checked with a cosign that is too old to name the signer", async () => {
    await fakeProgram(machine, "cosign", { exitCode: 0, says: "Verified OK", help: "--key" });
    expect(await check()).toMatchObject({ why: expect.stringContaining("has no --certificate-identity") });
  });

  it("could not be checked where there is none, and no cosign", async () => {
    expect(await check()).toMatchObject({ why: expect.stringContaining("cosign is not on this machine") });
    await fakeProgram(machine, "cosign", { exitCode: 0 });
    machine.upstream.serve(`${url}.sig`, status(404));
    const about = { version: "v1.36.3", url, path: "/kubectl" };
    expect(await checkKubectl(signed(machine, about))).toEqual({
      status: "unchecked",
      why: expect.stringMatching(/^not found: https:\/\/dl\.k8s\.io\S+kubectl\.sig/),
    });
  });
});

describe("k3s' attestation, with a fake gh", () => {
  const version = "v1.36.3+k3s1";
  const check = () => checkK3s(signed(machine, { version, url: "", path: "/k3s" }));

  it("is verified for k3s' own repository, with the job's token", async () => {
    const argv = await fakeProgram(machine, "gh", { exitCode: 0, prints: '[{"attestation": {}}]' });
    expect(await check()).toEqual({ status: "verified", by: "gh", signer: "a workflow of k3s-io/k3s" });
    expect(await argv()).toEqual([
      "attestation",
      "verify",
      "/k3s",
      "--repo",
      "k3s-io/k3s",
      "--format",
      "json",
    ]);
    expect(await machine.host.files.read(`${machine.bin}/gh.env`)).toContain("GH_TOKEN=token-of-the-job\n");
  });

  it.each([
    "Failed to verify the artifact: at least one attestation failed to verify against Sigstore: certificate",
    'Error: verifying with issuer "sigstore.dev"',
  ])("is wrong when gh refuses it: %s", async (says) => {
    await fakeProgram(machine, "gh", { exitCode: 1, says });
    await expect(check()).rejects.toThrow(
      `signature verification failed for k3s v1.36.3+k3s1: gh says: ${says}`,
    );
  });

  it.each([
    [
      1,
      "Error: no attestations found for subject: sha256:00",
      `the project k3s-io/k3s has no attestation of ${version}`,
    ],
    [
      1,
      "Error: HTTP 404: Not Found (https://api.github.com/)",
      `the project k3s-io/k3s has no attestation of ${version}`,
    ],
    [4, "gh: set the GH_TOKEN", "gh needs a token: set GH_TOKEN (in a workflow github.token does)"],
    [1, "error connecting to api.github.com", "gh could not do it: error connecting to api.github.com"],
    [1, "HTTP 503: Service Unavailable", "GitHub refuses gh: HTTP 503: Service Unavailable"],
  ])("could not be checked: %i, %s", async (exitCode, says, why) => {
    await fakeProgram(machine, "gh", { exitCode, says });
    machine.upstream.serve("https://api.github.com/", dead);
    expect(await check()).toMatchObject({ status: "unchecked", why });
  });

  it.each(["", "[]", "{}", "no JSON"])(
    "is wrong when gh ends well and names no attestation: %j",
    async (prints) => {
      await fakeProgram(machine, "gh", { exitCode: 0, prints });
      await expect(check()).rejects.toThrow(
        "signature verification failed for k3s v1.36.3+k3s1: gh names no attestation",
      );
    },
  );

  it("is wrong when gh only says that it can't reach GitHub", async () => {
    const says = "Failed to verify: certificate of dial tcp: no such host, HTTP 503";
    await fakeProgram(machine, "gh", { exitCode: 1, says });
    await expect(check()).rejects.toThrow(`gh says: ${says}`);
  });

  it("could not be checked with a gh that knows no attestations", async () => {
    await fakeProgram(machine, "gh", { exitCode: 0, prints: "[{}]", help: "" });
    expect(await check()).toMatchObject({ why: expect.stringContaining("has no `attestation verify`") });
  });
});

describe("with `required`", () => {
  const config = () => ({ ...machine.config, verifySignatures: "required" as const });
  const kept = () => machine.host.files.list(`${machine.home}/.cache/monstack/tools`);
  const k3s = "v1.36.3+k3s1";

  it.each([
    ["there is none on the mirror", status(404), /not found: https:\S+kubectl\.sig/],
    ["the mirror answers with a web page", htmlPage, /is a web page/],
    ["it is empty", "", /is empty/],
    ["the mirror refuses it", status(403), /403/],
  ])("a kubectl is not installed when %s", async (_name, answer, why) => {
    publishKubectl(machine.upstream, "v1.36.3");
    machine.upstream.serve(`${kubectlUrl("v1.36.3")}.sig`, answer);
    await fakeProgram(machine, "cosign", { exitCode: 0, says: "Verified OK" });
    const error = await installTool(machine.context, config(), "kubectl", quick).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: "InstallError", fix: expect.stringContaining("verify-signatures") });
    expect((error as Error).message).toMatch(
      /^the signature of kubectl v1\.36\.3 is required and could not be checked: .*; it is not installed$/,
    );
    expect((error as Error).message).toMatch(why);
    expect(await kept()).toEqual([]);
    // The same mirror without `required`: a warning.
    const warned = { ...machine.config, verifySignatures: true };
    expect((await installTool(machine.context, warned, "kubectl", quick)).signature?.status).toBe(
      "unchecked",
    );
    // What is in the cache by now is not installed either.
    await expect(installTool(machine.context, config(), "kubectl", quick)).rejects.toThrow(/is required/);
  });

  it("a kubectl is not installed without cosign, nor where no request is allowed", async () => {
    publishKubectl(machine.upstream, "v1.36.3");
    await installTool(machine.context, machine.config, "kubectl", quick);
    await expect(installTool(machine.context, config(), "kubectl", quick)).rejects.toThrow(
      /cosign is not on this/,
    );
    publishKubectl(machine.upstream, "v1.36.3");
    await installTool(machine.context, machine.config, "kubectl", quick);
    const supply = { lock: undefined, lockedBy: "", offline: "--bundle b.tar" };
    await expect(installTool(machine.context, config(), "kubectl", { ...quick, supply })).rejects.toThrow(
      /could not be checked: --bundle b\.tar allows no request/,
    );
  });

  it("a cached program without a signature is not even asked for its version", async () => {
    const trace = `${machine.home}/was-run`;
    const hostile = `#!/bin/sh\ntouch ${trace}\necho '{"clientVersion": {"gitVersion": "v1.36.3"}}'\n`;
    publishKubectl(machine.upstream, "v1.36.3");
    machine.upstream.serve(kubectlUrl("v1.36.3"), hostile);
    machine.upstream.serve(`${kubectlUrl("v1.36.3")}.sha256`, sha256(hostile));
    await installTool(machine.context, machine.config, "kubectl", quick);
    await machine.host.files.remove(trace);
    await expect(installTool(machine.context, config(), "kubectl", quick)).rejects.toThrow(/is required/);
    expect(await machine.host.files.exists(trace)).toBe(false);
  });

  it("a kubectl with a signature is installed", async () => {
    publishKubectl(machine.upstream, "v1.36.3");
    for (const ending of [".sig", ".cert"])
      machine.upstream.serve(`${kubectlUrl("v1.36.3")}${ending}`, "c2ln\n");
    await fakeProgram(machine, "cosign", { exitCode: 0, says: "Verified OK" });
    const { signature } = await installTool(machine.context, config(), "kubectl", quick);
    expect(signature).toMatchObject({ status: "verified" });
  });

  it("a k3s that its project did not sign needs a lock, which the user vouches for", async () => {
    const bytes = publishK3s(machine.upstream, k3s);
    await fakeProgram(machine, "gh", { exitCode: 1, says: "Error: no attestations found for subject" });
    await expect(installTool(machine.context, config(), "k3s", quick)).rejects.toMatchObject({
      message: expect.stringContaining(
        "is required and could not be checked: the project k3s-io/k3s has no attestation",
      ),
      fix: expect.stringContaining("`monstack lock`"),
    });
    const one = { url: k3sUrl(k3s), sha256: sha256(bytes) };
    const lock = lockOf({ tools: { k3s: { asked: k3s, version: k3s, amd64: one, arm64: one } } });
    const supply = { lock, lockedBy: "monstack.lock", offline: undefined };
    const { signature } = await installTool(machine.context, config(), "k3s", { ...quick, supply });
    expect(signature).toEqual({
      status: "unchecked",
      why: `the project k3s-io/k3s has no attestation of ${k3s}`,
    });
    await fakeProgram(machine, "gh", { exitCode: 4 });
    await expect(installTool(machine.context, config(), "k3s", { ...quick, supply })).rejects.toThrow(
      /is required/,
    );
  });
});
