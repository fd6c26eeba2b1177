import { encodeUrlPart } from "../../lib/text.ts";
import type { ToolName } from "../../lockfile/tools.ts";

type Arch = "amd64" | "arm64";

/** Where one version of a tool lies upstream. */
export interface Release {
  readonly url: string;
  readonly checksumUrl: string;
  readonly checksumForm: "named" | "bare";
  /** The name in the checksum file. */
  readonly file: string;
  /** The executable in the archive; undefined when the download is the executable itself. */
  readonly entry: string | undefined;
}

/** The upstream hosts' own layout; versions as upstream writes them (`v1.36.3+k3s1`, `v4.1.4`). */
export function releaseOf(tool: ToolName, version: string, arch: Arch): Release {
  if (tool === "k3s") return k3sRelease(version, arch);
  if (tool === "helm") return helmRelease(version, arch);
  const url = `https://dl.k8s.io/release/${version}/bin/linux/${arch}/kubectl`;
  return { url, checksumUrl: `${url}.sha256`, checksumForm: "bare", file: "kubectl", entry: undefined };
}

/** The list of the images that a k3s may start. Its release has no checksum of it (scripts of release.yml, v1.36). */
export function k3sImageListUrl(version: string): string {
  return `${k3sFolder(version)}/k3s-images.txt`;
}

function k3sFolder(version: string): string {
  return `https://github.com/k3s-io/k3s/releases/download/${encodeUrlPart(version)}`;
}

function k3sRelease(version: string, arch: Arch): Release {
  const file = arch === "amd64" ? "k3s" : `k3s-${arch}`;
  const folder = k3sFolder(version);
  const checksumUrl = `${folder}/sha256sum-${arch}.txt`;
  return { url: `${folder}/${file}`, checksumUrl, checksumForm: "named", file, entry: undefined };
}

function helmRelease(version: string, arch: Arch): Release {
  const file = `helm-${version}-linux-${arch}.tar.gz`;
  const url = `https://get.helm.sh/${file}`;
  return { url, checksumUrl: `${url}.sha256sum`, checksumForm: "named", file, entry: `linux-${arch}/helm` };
}
