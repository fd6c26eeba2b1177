import { InstallError } from "../lib/errors.ts";
import type { Host } from "./host.ts";

const names: Readonly<Record<string, string>> = { darwin: "macOS", win32: "Windows", freebsd: "FreeBSD" };

const instead =
  "use an amd64 or arm64 Linux machine (on GitHub: `runs-on: ubuntu-latest`), or a Linux container with Node here " +
  "and --kubeconfig to deploy into an existing cluster";

/**
 * Upstream's name of this machine's architecture.
 * @throws InstallError on anything else than 64-bit Linux on x86 or ARM, saying what to do instead.
 */
export function supportedArch(
  platform: string = process.platform,
  arch: string = process.arch,
): Host["arch"] {
  const what = `${names[platform] ?? platform} on ${arch}`;
  if (platform !== "linux")
    throw new InstallError(`monstack runs on Linux; this is ${what}`, { fix: instead });
  if (arch === "x64") return "amd64";
  if (arch === "arm64") return "arm64";
  const is32 = ["ia32", "arm", "mips", "mipsel", "ppc"].includes(arch);
  throw new InstallError(
    `k3s, helm and the charts' images exist for amd64 and arm64; this ${is32 ? "Node is a 32-bit one" : "is"} (${what})`,
    { fix: `${is32 ? "on a 64-bit machine install Node's x64 or arm64 build; else " : ""}${instead}` },
  );
}
