import type { Rule } from "./symptoms.ts";

const fixImage =
  "Check the image's name and tag in the values, and that this machine can reach its registry.";

export const imageRules: readonly Rule[] = [
  {
    id: "image-rate-limit",
    match: /429 Too Many|toomanyrequests|too many requests|pull rate limit/i,
    graceMs: 0,
    fix: "The registry limits how often may be pulled: log in to it (`registries:`), pull from a mirror (`mirrors:`), or fetch each image once with `monstack lock` and a cache, or from a bundle.",
  },
  {
    id: "image-network",
    match:
      /i\/o timeout|no such host|server misbehaving|connection re(fused|set)|TLS handshake timeout|\bEOF\b|no route to host|network is unreachable|context (deadline exceeded|canceled)|temporary failure|unexpected status.{0,300}\b50[0234]\b|service unavailable|bad gateway|RegistryUnavailable|pull QPS exceeded/i,
    // The kubelet's second attempt has failed too, after 10 to 15 s. The third one comes no sooner than 30 s.
    graceMs: 17_000,
    fix: "The registry can't be reached from the node: check the network, DNS and proxy, or name a mirror (`mirrors:`).",
  },
  {
    id: "image-platform",
    match: /no match(ing manifest)? for (platform|linux)|no matching manifest/i,
    graceMs: 0,
    fix: "The image does not exist for this machine's architecture: choose another tag.",
  },
  {
    id: "image-tls",
    match: /x509:|server gave HTTP response to HTTPS client|failed to verify certificate/i,
    graceMs: 0,
    fix: "The registry's certificate is not trusted, or it speaks plain HTTP: name its authority (`registries: {HOST: {ca: FILE}}`), or fix its entry in `mirrors:`.",
  },
  {
    id: "image-denied",
    match: /unauthorized|access denied|denied:|insufficient_scope|403 forbidden|no basic auth credentials/i,
    graceMs: 0,
    fix: "The registry refuses: the image's name is wrong, or it needs credentials (`registries:`, in somebody else's cluster imagePullSecrets).",
  },
  {
    id: "image-not-found",
    match: /not found|manifest unknown|repository does not exist|NAME_UNKNOWN/i,
    graceMs: 0,
    fix: "There is no such image or tag: correct the image's name or tag in the values.",
  },
  {
    id: "image-disk-full",
    match: /no space left on device/i,
    graceMs: 0,
    fix: "The node's disk is full: free some space.",
  },
  {
    id: "image-invalid",
    match:
      /InvalidImageName|invalid reference format|couldn't parse image|failed to apply default image tag/i,
    graceMs: 0,
    fix: "This is not an image's name: correct it in the values.",
  },
  {
    id: "image-never",
    match: /not present with pull policy of Never/i,
    graceMs: 0,
    fix: "The image is not on the node and may not be pulled: import it (`k3s.images`), or set another pullPolicy.",
  },
  {
    id: "image-signature",
    match: /SignatureValidationFailed/i,
    graceMs: 0,
    fix: "The image's signature could not be verified: use a signed image, or change the node's policy.",
  },
  { id: "image-other", match: /(?:)/, graceMs: 17_000, fix: fixImage },
];

/** What is said while a container is made and started: CreateContainerConfigError, CreateContainerError, RunContainerError. */
export const createRules: readonly Rule[] = [
  {
    id: "shared-mount",
    match: /not a shared or slave mount/i,
    graceMs: 0,
    fix: "The node's / is mounted private: run `mount --make-rshared /` on it, or turn the host mount off (prometheus-node-exporter: hostRootFsMount.enabled=false).",
  },
  {
    id: "oom-score",
    match: /oom_score_adj.{0,300}permission denied/i,
    graceMs: 0,
    fix: "The node lacks CAP_SYS_RESOURCE: let containerd run with `restrict_oom_score_adj = true`.",
  },
  {
    id: "config-cache",
    match: /failed to sync (secret|configmap) cache|timed out waiting for the condition|not registered/i,
    graceMs: 40_000,
    fix: "The kubelet can't read Secrets or ConfigMaps from the API server: look at the node's log.",
  },
  {
    id: "config-missing",
    match: /(secret|configmap)s? "[^"]*" not found|couldn't find key|non-existent (config|secret) key/i,
    // The kubelet's second attempt at the container, after 10 to 15 s; of mounts the one after 15.5 s.
    graceMs: 9_000,
    fix: "Create this Secret or ConfigMap (or the key in it) before, or correct its name in the values.",
  },
  {
    id: "run-as-root",
    match: /runAsNonRoot|will run as root|non-numeric user/i,
    graceMs: 0,
    fix: "The image runs as root and its security context forbids that: set runAsUser, or use another image.",
  },
  {
    id: "no-executable",
    match:
      /executable file not found|exec format error|exec: .{0,500}(no such file or directory|permission denied)/i,
    graceMs: 0,
    fix: "The container's command can't be started: correct command and args in the values, or the image's architecture.",
  },
  {
    id: "mount-subpath",
    match: /failed to prepare subPath|not a directory|mounting .{0,500} to rootfs/i,
    // The kubelet's second attempt, after 10 to 15 s.
    graceMs: 5_000,
    fix: "A path that is mounted into the container doesn't fit: correct the volumes and subPaths in the values.",
  },
  {
    id: "create-other",
    match: /(?:)/,
    graceMs: 40_000,
    fix: "The container runtime can't start this container: read the message, and the node's containerd log.",
  },
];
