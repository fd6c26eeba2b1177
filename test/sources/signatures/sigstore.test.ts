import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkK3s } from "../../../src/sources/signatures/k3s.ts";
import { checkKubectl } from "../../../src/sources/signatures/kubectl.ts";
import { kubectlUrl } from "../tool-releases.ts";
import { status } from "../upstream.ts";
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
    await expect(check()).rejects.toThrow(`the signature of kubectl v1.36.3 is wrong: cosign says: ${says}`);
  });

  it.each([
    "Error: unknown flag: --certificate",
    'Error: getting Rekor public keys: Get "https://tuf-repo-cdn.sigstore.dev/": dial tcp: no such host',
  ])("could not be checked when cosign can't: %s", async (says) => {
    await fakeProgram(machine, "cosign", { exitCode: 1, says });
    expect(await check()).toEqual({ status: "unchecked", why: `cosign could not do it: ${says}` });
  });

  it("could not be checked where there is none, and no cosign", async () => {
    expect(await check()).toMatchObject({ why: expect.stringContaining("cosign is not on this machine") });
    await fakeProgram(machine, "cosign", { exitCode: 0 });
    machine.upstream.serve(`${url}.sig`, status(404));
    const about = { version: "v1.36.3", url, path: "/kubectl" };
    expect(await checkKubectl(signed(machine, about))).toEqual({
      status: "unchecked",
      why: expect.stringMatching(/^there is no https:\/\/dl\.k8s\.io\S+kubectl\.sig/),
    });
  });
});

describe("k3s' attestation, with a fake gh", () => {
  const version = "v1.36.3+k3s1";
  const check = () => checkK3s(signed(machine, { version, url: "", path: "/k3s" }));

  it("is verified for k3s' own repository, with the job's token", async () => {
    const argv = await fakeProgram(machine, "gh", { exitCode: 0 });
    expect(await check()).toEqual({ status: "verified", by: "gh", signer: "a workflow of k3s-io/k3s" });
    expect(await argv()).toEqual(["attestation", "verify", "/k3s", "--repo", "k3s-io/k3s"]);
    expect(await machine.host.files.read(`${machine.bin}/gh.env`)).toContain("GH_TOKEN=token-of-the-job\n");
  });

  it.each([
    "Failed to verify the artifact: at least one attestation failed to verify against Sigstore: certificate",
    'Error: verifying with issuer "sigstore.dev"',
  ])("is wrong when gh refuses it: %s", async (says) => {
    await fakeProgram(machine, "gh", { exitCode: 1, says });
    await expect(check()).rejects.toThrow(`the signature of k3s v1.36.3+k3s1 is wrong: gh says: ${says}`);
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
    [
      1,
      'unknown command "attestation" for "gh"',
      'gh could not do it: unknown command "attestation" for "gh"',
    ],
  ])("could not be checked: %i, %s", async (exitCode, says, why) => {
    await fakeProgram(machine, "gh", { exitCode, says });
    expect(await check()).toEqual({ status: "unchecked", why });
  });
});
