import { tarGz } from "./archives.ts";
import { sha256, type Upstream } from "./upstream.ts";

/** Programs that say a version, in the words of the real ones, after they have seen the end of their input. */
export const program = {
  k3s: (version: string) =>
    `#!/bin/sh\nread -r _\necho "k3s version ${version} (469d009f)"\necho "go version go1.25"\n`,
  helm: (version: string) => `#!/bin/sh\nread -r _\nprintf %s '${version}'\n`,
  kubectl: (version: string) =>
    `#!/bin/sh\nread -r _\necho '{"clientVersion": {"gitVersion": "${version}"}}'\n`,
};

export function k3sUrl(version: string, file = "k3s"): string {
  return `https://github.com/k3s-io/k3s/releases/download/${version.replace("+", "%2B")}/${file}`;
}

export const helmUrl = (version: string, arch = "amd64") =>
  `https://get.helm.sh/helm-${version}-linux-${arch}.tar.gz`;

export const kubectlUrl = (version: string, arch = "amd64") =>
  `https://dl.k8s.io/release/${version}/bin/linux/${arch}/kubectl`;

/** Publishes a k3s as its project does; `says` is the version that the program tells. */
export function publishK3s(upstream: Upstream, version: string, says = version): string {
  const k3s = program.k3s(says);
  upstream.serve(k3sUrl(version), k3s);
  const lines = [`${sha256("images")}  k3s-airgap-images-amd64.tar.zst`, `${sha256(k3s)}  k3s`, ""];
  upstream.serve(k3sUrl(version, "sha256sum-amd64.txt"), lines.join("\n"));
  return k3s;
}

export function publishHelm(upstream: Upstream, version: string, arch = "amd64"): Buffer {
  const url = helmUrl(version, arch);
  const archive = tarGz(
    { name: `linux-${arch}/`, type: "5" },
    { name: `linux-${arch}/LICENSE`, content: "Apache" },
    { name: `linux-${arch}/helm`, content: program.helm(version) },
  );
  upstream.serve(url, archive);
  upstream.serve(`${url}.sha256sum`, `${sha256(archive)}  helm-${version}-linux-${arch}.tar.gz\n`);
  return archive;
}

export function publishKubectl(upstream: Upstream, version: string): string {
  const kubectl = program.kubectl(version);
  upstream.serve(kubectlUrl(version), kubectl);
  upstream.serve(`${kubectlUrl(version)}.sha256`, sha256(kubectl));
  return kubectl;
}
