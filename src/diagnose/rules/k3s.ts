import { fatalLine, k3sCauses, knownCause } from "../../cluster/diagnosis.ts";
import type { Evidence } from "../evidence.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

const titles: Readonly<Record<string, string>> = {
  "port-in-use": "A port that is needed is in use",
  "cgroup-v1": "The kubelet refuses the host's cgroup v1",
  "k3s-flag": "k3s, or a component of it, doesn't know a flag",
  "cgroup-missing": "A cgroup controller is not available",
  "overlay-missing": "overlayfs doesn't work where k3s keeps its data",
  "kernel-module": "A kernel module can't be loaded",
  "no-default-route": "The host has no default route",
  "host-disk-full": "The host's disk is full",
  "file-limits": "The limit of open files or inotify instances is reached",
  "other-cluster-data": "The data folder holds another cluster",
  "wrong-architecture": "The k3s binary is for another architecture",
  "not-root": "k3s was not run as root",
  "ip-forward": "IP forwarding can't be turned on",
  "cni-conflict": "Another network plugin is in the way",
};

/** k3s did not come up: its log says why, or the look at the host did before it was started. */
export const k3sRules: readonly DiagnosisRule[] = k3sCauses.map((id) => ({
  id,
  layer: "host",
  title: titles[id] ?? id,
  evidence: "k3s' log; the look at the host before k3s is started",
  find: (evidence) => found(evidence).filter((one) => one.id === id),
}));

function found({ failure, host, cluster }: Evidence): readonly (Finding & { readonly id: string })[] {
  const message = failure?.message ?? "";
  const busy = /port (\d{1,5})[^\n]{0,300} is (?:in use|taken)/.exec(message);
  if (busy) {
    const one = toFound("port-in-use", shorten(message), [], busy[1] ?? "");
    // Whoever found the port taken knows which setting it is.
    return [{ ...one, fix: failure?.fix ?? one.fix }];
  }
  // Once its API answers, what k3s' log complains of is another matter.
  if (!/\bk3s\b/.test(message) || (cluster !== undefined && !/\bended\b/.test(message))) return [];
  const log = host.k3sLog ?? "";
  const cause = knownCause(`${log}\n${message}`);
  if (cause === undefined) return [];
  const said = fatalLine(log);
  const flag = /flag (\S+)|flags: (\S+)/.exec(cause.message);
  return [
    {
      ...toFound(
        cause.id,
        `k3s does not start: ${cause.message}`,
        said === undefined ? [] : [said],
        flag?.[1] ?? "",
      ),
      fix: `${cause.fix.charAt(0).toUpperCase()}${cause.fix.slice(1)}.`,
    },
  ];
}

function toFound(id: string, what: string, said: readonly string[], value: string): Finding & { id: string } {
  const source = said.length > 0 ? said.map((line) => `k3s' log: ${shorten(line)}`) : [];
  return {
    id,
    what,
    how: source.length > 0 ? source : ["seen on this host before anything was started"],
    fix: "Stop what has the port (`ss -ltnp` names it; a stack left by an earlier run goes with `monstack down`), or choose another one (ports: in monstack.yaml).",
    keys: id === "port-in-use" ? ["ports"] : ["k3s.args"],
    values: value === "" ? [] : [value],
  };
}
