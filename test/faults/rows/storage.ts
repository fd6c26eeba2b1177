import type { Fault } from "../fault.ts";

export const storage: readonly Fault[] = [
  {
    what: "a storage class that isn't there",
    config:
      "apps:\n  prometheus:\n    values:\n      server:\n        persistentVolume: {enabled: true, storageClass: nope}\n",
    exitCode: 3,
    cause: "no-class",
    says: /"nope" not found/,
    at: "monstack.yaml:5",
    from: "deploy",
    ci: "e2e",
  },
  {
    what: "a volume beside which Prometheus writes",
    config: `storage: 1Gi
apps:
  prometheus:
    values:
      server:
        storagePath: /elsewhere
        extraVolumes: [{name: elsewhere, emptyDir: {}}]
        extraVolumeMounts: [{name: elsewhere, mountPath: /elsewhere}]
`,
    exitCode: 1,
    cause: "storage-ignored",
    says: /writes to \/elsewhere, and its volume is mounted at \/data/,
    at: "monstack.yaml:6",
    from: "verify",
  },
  {
    what: "a claim that names a volume's claim that isn't there",
    config:
      "apps:\n  prometheus:\n    values:\n      server:\n        persistentVolume: {enabled: true, existingClaim: gone}\n",
    exitCode: 3,
    cause: "claim-missing",
    says: /"gone" not found/,
    at: "monstack.yaml:5",
    from: "deploy",
  },
  {
    what: "a volume that can't be mounted",
    config: `apps:
  prometheus:
    values:
      server:
        extraVolumes: [{name: gone, secret: {secretName: no-such-secret}}]
        extraVolumeMounts: [{name: gone, mountPath: /gone}]
`,
    exitCode: 3,
    cause: "config-missing",
    says: /secret "no-such-secret" not found/,
    at: "monstack.yaml:5",
    from: "deploy",
  },
  {
    what: "a folder of the host that isn't there",
    config: `apps:
  prometheus:
    values:
      server:
        extraVolumes: [{name: gone, hostPath: {path: /no/such/folder, type: Directory}}]
        extraVolumeMounts: [{name: gone, mountPath: /gone}]
`,
    exitCode: 3,
    cause: "host-path",
    says: /hostPath type check failed.*\/no\/such\/folder/s,
    from: "deploy",
  },
];
