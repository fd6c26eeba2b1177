import type { Failure } from "./failure.ts";

/** The kubelet's second attempt, after 10 to 15 s; of mounts the one after 15.5 s. */
const secondAttemptMs = 9_000;

export const oomScore: Failure = {
  id: "oom-score",
  layer: "host",
  title: "The node lacks CAP_SYS_RESOURCE",
  matches: /oom_score_adj.{0,300}permission denied/i,
  explanation: "the node lacks CAP_SYS_RESOURCE, so its containers can't get their oom_score_adj",
  fix: "The node lacks CAP_SYS_RESOURCE: let containerd run with `restrict_oom_score_adj = true`.",
  isShared: true,
};

/** Secrets and ConfigMaps that the kubelet can't read or find when it mounts a volume or creates a container. */
export const configurationFailures: readonly Failure[] = [
  {
    id: "node-cant-read",
    aliases: ["config-cache"],
    layer: "cluster",
    title: "The kubelet can't read Secrets and ConfigMaps",
    matches: /failed to sync (secret|configmap) cache|timed out waiting for the condition|not registered/i,
    gracePeriod: 40_000,
    explanation: "the kubelet can't read its Secrets or ConfigMaps",
    fix: "The kubelet can't read Secrets or ConfigMaps from the API server: read the node's log.",
    isShared: true,
  },
  {
    id: "config-missing",
    layer: "configuration",
    title: "A Secret or ConfigMap, or a key in it, is missing",
    matches:
      /(?:secret|configmap)s? "[^"]*" not found|couldn't find key .*|non-existent (?:config|secret) key.*/i,
    gracePeriod: secondAttemptMs,
    explanation: ([missing]) => missing,
    fix: "Create this Secret or ConfigMap (or the key in it) before, or correct its name in the values.",
    keys: ["envFromSecret", "envValueFrom", "extraVolumes", "existingSecret"],
  },
];

/** Failures to create or start a container: CreateContainerConfigError, CreateContainerError, RunContainerError. */
export const containerFailures: readonly Failure[] = [
  {
    id: "shared-mount",
    layer: "host",
    title: "The node's / is mounted private, and a pod wants to follow its mounts",
    matches: /not a shared or slave mount/i,
    explanation: "it follows the host's mounts, and the node's / is mounted private",
    fix: "The node's / is mounted private: run `mount --make-rshared /` on it, or turn the host mount off (prometheus-node-exporter: hostRootFsMount.enabled=false).",
    keys: ["hostRootFsMount"],
  },
  oomScore,
  ...configurationFailures,
  {
    id: "run-as-root",
    layer: "configuration",
    title: "An image runs as root and may not",
    matches: /runAsNonRoot|will run as root|non-numeric user/i,
    explanation: "its image runs as root, and its security context forbids that",
    fix: "The image runs as root and its security context forbids that: set runAsUser, or use another image.",
    keys: ["securityContext", "containerSecurityContext", "podSecurityContext"],
  },
  {
    id: "no-executable",
    layer: "configuration",
    title: "A container's command can't be started",
    matches:
      /executable file not found|exec format error|exec: .{0,500}(no such file or directory|permission denied)/i,
    explanation: "its command does not exist in the image, or can't be run",
    fix: "The container's command can't be started: correct command and args in the values, or the image's architecture.",
    keys: ["command", "args", "image"],
  },
  {
    id: "container-start",
    aliases: ["mount-subpath", "create-other"],
    layer: "workload",
    title: "The container runtime can't start a container",
    explanation: "the container runtime can't start it",
    keys: ["extraVolumeMounts", "extraVolumes"],
    vagueness: 1,
    variants: [
      {
        matches: /failed to prepare subPath|not a directory|mounting .{0,500} to rootfs/i,
        // The kubelet's second attempt, after 10 to 15 s.
        gracePeriod: 5_000,
        fix: "A path that is mounted into the container doesn't fit: correct the volumes and subPaths in the values.",
      },
      {
        gracePeriod: 40_000,
        fix: "The container runtime can't start this container: read the message, and the node's containerd log.",
      },
    ],
  },
];

export const oomKilled: Failure = {
  id: "oom-killed",
  layer: "workload",
  title: "A container needs more memory than its limit",
  explanation: "the kernel ends it (OOMKilled), because it needs more memory than its limit",
  fix: "Raise resources.limits.memory of this container in the values.",
  keys: ["resources.limits.memory", "resources.limits", "resources"],
};

export const crash: Failure = {
  id: "crash",
  layer: "workload",
  title: "A program ends again and again",
  gracePeriod: 8_000,
  explanation: "its program ends again and again",
  fix: "The program in the container ends by itself: read its last line, and correct its configuration in the values.",
  sureness: "likely",
  vagueness: 2,
};

const ownTimeout = "one that needs longer to start gets a `timeout` of its own under `apps`.";

/**
 * Failures of a probe, as a kubelet (Kubernetes 1.28 to 1.36) reports them. A server that starts may refuse
 * connections or respond with 5xx; a server that has not loaded its routes responds with 404. By default probes run
 * every 10 s, so a grace period of 9 s waits for a second report.
 */
export const probeFailures: readonly Failure[] = [
  {
    id: "probe-rejected",
    layer: "workload",
    title: "A probe requests a page that the program does not have",
    matches: /probe failed: HTTP probe failed with statuscode: 4\d\d/,
    gracePeriod: 9_000,
    explanation: "its probe requests a page that the program refuses, so it never gets ready",
    fix: "The program responds, but not at the probe's path: correct the probe (path, scheme, headers) in the values.",
    keys: ["readinessProbe", "startupProbe", "livenessProbe"],
  },
  {
    id: "probe-scheme",
    layer: "workload",
    title: "A probe and the program speak differently, one of them TLS",
    matches:
      /server gave HTTP response to HTTPS client|malformed HTTP response|tls: first record does not look/,
    gracePeriod: 9_000,
    explanation: "its probe speaks TLS and the program doesn't, or the other way round",
    fix: "The probe and the program speak differently, one of them TLS: correct the probe's scheme in the values.",
    keys: ["probeScheme", "readinessProbe", "startupProbe"],
  },
  {
    id: "probe-failing",
    aliases: ["probe-refused"],
    layer: "workload",
    title: "A probe goes on failing",
    isSlowStart: true,
    explanation: "its probe goes on failing",
    keys: ["readinessProbe", "startupProbe"],
    sureness: "likely",
    vagueness: 2,
    variants: [
      {
        matches: /connection refused/,
        gracePeriod: 60_000,
        fix: `Nothing listens on the probe's port: correct the port in the values, or read the container's log; ${ownTimeout}`,
      },
      {
        gracePeriod: 120_000,
        fix: `The program reports that it is not ready: read the container's log, and the response to its probe; ${ownTimeout}`,
      },
    ],
  },
];
