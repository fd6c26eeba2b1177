import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Host } from "../../src/host/host.ts";

/** A network of its own with nothing but loopback; the host's `ip` sees and changes that one. Needs root or sudo. */
export async function networkNamespace(host: Host) {
  const [command = "unshare", ...rest] = [
    ...(host.rights === "sudo" ? ["sudo", "-n"] : []),
    ...["unshare", "--net", "sh", "-c", "ip link set lo up && echo $$ && exec sleep 60"],
  ];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const pid = line.toString().trim();
  const exec: Host["exec"] = (argv, options) =>
    argv[0] === "ip"
      ? host.exec(["nsenter", "--net", "--target", pid, "--", ...argv], { ...options, root: true })
      : host.exec(argv, options);
  return {
    host: { ...host, exec },
    async routes(): Promise<string> {
      return (await exec(["ip", "-4", "route", "show"])).stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      await host.exec(["kill", pid], { root: true, allowFailure: true });
    },
  };
}
