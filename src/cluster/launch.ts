import { dirname, join } from "node:path";
import type { Context, Host } from "../host/host.ts";
import { k3sUnit } from "../journal/permitted.ts";
import { listDisabledParts } from "./k3s-settings.ts";

type Argv = readonly [string, ...string[]];

/** Starts k3s as a transient systemd unit, or as a detached process; its output goes to the log file. */
export async function launch(
  { host }: Context,
  argv: Argv,
  options: {
    readonly systemd: boolean;
    readonly logFile: string;
    /** Beside the proxies'. */
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<number> {
  await host.files.mkdir(dirname(options.logFile), 0o700);
  // Made here, so that it is this user's whoever writes to it; an earlier run's lines would be taken for this one's.
  await host.files.write(options.logFile, "", 0o600);
  const env = { ...selectProxies(host.env), ...options.env };
  if (!options.systemd)
    return (await host.startDetached(argv, { logFile: options.logFile, root: true, env })).pid;
  // A unit of this name that failed before would be in the way.
  await host.exec(["systemctl", "reset-failed", k3sUnit], { root: true, allowFailure: true });
  // systemd shows every user a unit's arguments and environment; of a file only the name. k3s has read it when this returns.
  const envFile = join(dirname(options.logFile), "k3s.env");
  await host.files.write(envFile, formatEnvironment(env), 0o600);
  try {
    await host.exec(buildSystemdArgv(argv, { logFile: options.logFile, envFile }), { root: true });
  } finally {
    await host.files.remove(envFile);
  }
  const main = await host.exec(["systemctl", "show", "--property=MainPID", "--value", k3sUnit], {
    root: true,
  });
  return Number(main.stdout.trim());
}

/** Returns the command that starts k3s as a transient unit, like the service of k3s' own installer. */
export function buildSystemdArgv(
  argv: Argv,
  { logFile, envFile }: { readonly logFile: string; readonly envFile: string },
): Argv {
  const properties = [
    // Pods must not be ended with k3s: teardown does that, in order.
    "KillMode=process",
    "Delegate=yes",
    "LimitNOFILE=1048576",
    "LimitNPROC=infinity",
    "LimitCORE=infinity",
    "TasksMax=infinity",
    `EnvironmentFile=${envFile}`,
    `StandardOutput=append:${logFile}`,
    `StandardError=append:${logFile}`,
  ];
  return [
    "systemd-run",
    `--unit=${k3sUnit}`,
    "--description=k3s, started by monstack",
    // Returns when the program was executed; k3s' own notification comes after its node is up, and we watch for that.
    "--service-type=exec",
    "--collect",
    "--quiet",
    ...properties.map((property) => `--property=${property}`),
    "--",
    // systemd expands variables in a command line.
    ...argv.map((word) => word.replaceAll("$", "$$$$")),
  ];
}

/** Formats an environment file for systemd.exec(5): within double quotes a backslash escapes these characters. */
export function formatEnvironment(env: Readonly<Record<string, string>>): string {
  const lines = Object.entries(env).map(
    ([name, value]) => `${name}="${value.replaceAll(/["\\`$]/g, "\\$&")}"\n`,
  );
  return lines.join("");
}

/** k3s hands these on to containerd for its pulls, and adds the cluster's own addresses to NO_PROXY. */
function selectProxies(env: Host["env"]): Record<string, string> {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
  const all = [
    ...names,
    ...names.map((name) => name.toLowerCase()),
    ...names.map((name) => `CONTAINERD_${name}`),
  ];
  return Object.fromEntries(all.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** True if the process that was started is still the one with this pid, and not a zombie. */
export async function isRunning(
  host: Host,
  { pid, startTime }: { pid: number; startTime: string },
): Promise<boolean> {
  const now = await processState(host, pid);
  return now !== undefined && now.startTime === startTime && now.state !== "Z" && now.state !== "X";
}

/** Returns state and start time (fields 3 and 22 of /proc/PID/stat); undefined if the process does not exist. */
export async function processState(
  host: Host,
  pid: number,
): Promise<{ state: string; startTime: string } | undefined> {
  const stat = await host.files.read(`/proc/${pid}/stat`).catch(() => undefined);
  if (!stat) return undefined;
  // The name, in parentheses, may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "?", startTime: fields[19] ?? "" };
}

const rancher = "docker.io/rancher/";

/** The images of what k3s brings along, by what it calls the parts in `--disable`; `""` is what no flag turns off. */
const imagesOfParts: Readonly<Record<string, readonly string[]>> = {
  "": ["mirrored-pause"],
  coredns: ["mirrored-coredns-coredns"],
  // busybox is the pod that makes and removes a volume's folder.
  "local-storage": ["local-path-provisioner", "mirrored-library-busybox"],
  "metrics-server": ["mirrored-metrics-server"],
  servicelb: ["klipper-lb"],
  traefik: ["klipper-helm", "mirrored-library-traefik"],
};

/** Returns the repositories of the images that k3s starts with the user's arguments. */
export function listNeededImages(args: readonly string[]): string[] {
  const off = listDisabledParts(args);
  return Object.entries(imagesOfParts)
    .filter(([part]) => !off.includes(part))
    .flatMap(([, names]) => names.map((name) => rancher + name));
}

/** Returns the images of a release's list that k3s may start. Images that this table does not know are kept. */
export function selectStartedImages(list: readonly string[], args: readonly string[]): string[] {
  const needed = listNeededImages(args);
  const known = Object.values(imagesOfParts)
    .flat()
    .map((name) => rancher + name);
  return list.filter((image) => {
    const [untagged = image, digest] = image.split("@sha256:");
    const repository = digest === undefined ? image.replace(/:[^:/]*$/, "") : untagged;
    return needed.includes(repository) || !known.includes(repository);
  });
}

/** True if an image is one of k3s' own, whatever its version. */
export function isK3sImage(image: string): boolean {
  return image.startsWith(rancher);
}
