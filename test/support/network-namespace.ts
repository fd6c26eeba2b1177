import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Host } from "../../src/host/host.ts";

/**
 * A network of its own with nothing but loopback: the host's `ip`, and all that it runs as root, see and change that one.
 * Needs root or sudo.
 * @param hidden programs of this machine that are not there
 */
export async function networkNamespace(host: Host, hidden: readonly string[] = []) {
  const hide = hidden.map((path) => `{ [ ! -e ${path} ] || mount --bind /dev/null ${path}; } && `).join("");
  const [command = "unshare", ...rest] = [
    ...(host.rights === "sudo" ? ["sudo", "-n"] : []),
    ...["unshare", "--net", "--mount", "sh", "-c", `${hide}ip link set lo up && echo $$ && exec sleep 60`],
  ];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const pid = line.toString().trim();
  const exec: Host["exec"] = (argv, options) =>
    argv[0] === "ip" || options?.root
      ? host.exec(["nsenter", "--net", "--mount", "--target", pid, "--", ...argv], { ...options, root: true })
      : host.exec(argv, options);
  return {
    host: { ...host, exec },
    async routes(): Promise<string> {
      return (await exec(["ip", "-4", "route", "show"])).stdout.trim();
    },
    /** Runs a shell script in the namespace and returns what it printed. */
    async run(script: string): Promise<string> {
      const argv = ["sh", "-c", `PATH=$PATH:/usr/sbin:/sbin; ${script}`] as const;
      return (await exec(argv, { root: true })).stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      await host.exec(["kill", pid], { root: true, allowFailure: true });
    },
  };
}
