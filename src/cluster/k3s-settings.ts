import { join, resolve } from "node:path";
import type { HostPaths } from "./paths.ts";

/** What this program has to know of k3s' settings; the user's arguments can move each of them. */
export interface K3sSettings {
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly apiPort: number;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly flannelBackend: string;
}

/** Both names of the flag. */
export const nodeIpFlags: readonly string[] = ["--node-ip", "-i"];

/** k3s' defaults, changed by the arguments that the user gave it. */
export function k3sSettings(args: readonly string[], paths: HostPaths): K3sSettings {
  return {
    dataDir: resolve(lastValue(args, ["--data-dir", "-d"]) ?? join(paths.varLib, "rancher/k3s")),
    kubeconfig: resolve(
      lastValue(args, ["--write-kubeconfig", "-o"]) ?? join(paths.etcRancher, "k3s/k3s.yaml"),
    ),
    apiPort: Number(lastValue(args, ["--https-listen-port"]) ?? 6443),
    clusterCidr: lastValue(args, ["--cluster-cidr"]) ?? "10.42.0.0/16",
    serviceCidr: lastValue(args, ["--service-cidr"]) ?? "10.43.0.0/16",
    flannelBackend: lastValue(args, ["--flannel-backend"]) ?? "vxlan",
  };
}

/** The value of a flag given as `--flag value` or `--flag=value`; of several the last, as k3s takes it. */
export function lastValue(args: readonly string[], names: readonly string[]): string | undefined {
  return args.reduce<string | undefined>((found, arg, index) => {
    const name = names.find((candidate) => arg === candidate || arg.startsWith(`${candidate}=`));
    if (name === undefined) return found;
    return arg === name ? (args[index + 1] ?? found) : arg.slice(name.length + 1);
  }, undefined);
}

/** Whether a flag is there at all, with or without a value. */
export function hasFlag(args: readonly string[], name: string): boolean {
  return args.some((arg) => arg === name || arg.startsWith(`${name}=`));
}

/** The minor of a Kubernetes version (`v1.36.3+k3s1` -> 36); undefined when it doesn't look like one. */
export function minorOf(version: string): number | undefined {
  const minor = /^v?1\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
