import * as z from "zod";

/**
 * What stack.json must look like before anything in it is used: each path, address and name that something is done with.
 * What the plan and the rendered charts hold beyond that is data of the user's charts.
 */

const absolute = z
  .string()
  .max(4096)
  .regex(/^\/[^\0\r\n]*$/, "an absolute path");
const line = z
  .string()
  .max(1024)
  .regex(/^[^\0\r\n]*$/, "one line");
const name = z.string().regex(/^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/, "a name of Kubernetes'");
const url = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/, "an address");
const values = z.record(z.string(), z.unknown());

const Tool = z.looseObject({
  name: z.enum(["k3s", "helm", "kubectl"]),
  path: absolute,
  asked: z.string(),
  version: line,
  sha256: z.string().regex(/^(?:[0-9a-f]{64})?$/, "a SHA-256 in hex"),
  origin: z.string(),
});

const PlannedApp = z.looseObject({
  name: z.string(),
  release: name,
  namespace: name,
  chart: z.looseObject({ kind: z.enum(["repo", "oci", "path", "objects", "manifests", "kustomize"]) }),
  values,
  dependsOn: z.array(z.looseObject({ app: z.string(), until: z.enum(["applied", "ready"]) })),
  timeoutMs: z.number(),
});

const KubeObject = z.looseObject({
  apiVersion: line,
  kind: line,
  // A hook may have only the beginning of a name (generateName).
  metadata: z.looseObject({ name: line.optional(), namespace: line.optional() }),
});

const RenderedApp = z.looseObject({
  app: PlannedApp,
  chart: z.looseObject({ path: z.string(), name: z.string(), version: z.string() }),
  objects: z.array(KubeObject),
  hooks: z.array(KubeObject).optional(),
  images: z.array(line),
});

const StackService = z.strictObject({
  service: z.looseObject({ namespace: name, name, port: z.int().min(1).max(65535) }),
  url,
  direct: url,
});

export const StackRecordSchema = z.strictObject({
  version: z.literal(1),
  monstack: line,
  deployedAt: z.iso.datetime(),
  clusterKind: z.enum(["k3s", "existing"]),
  clusterVersion: line,
  kubeconfig: absolute,
  context: line.optional(),
  tools: z.array(Tool),
  plan: z.looseObject({
    config: values,
    apps: z.array(PlannedApp),
    askedValues: z.array(z.looseObject({ app: z.string(), path: z.array(z.string()) })),
    profileSettings: z.array(z.looseObject({ app: z.string(), path: z.string() })),
    notices: z.array(z.looseObject({ id: z.string(), text: z.string() })),
    dashboards: z.array(z.looseObject({ uid: z.string(), title: z.string() })),
    alerting: z.looseObject({ kind: z.enum(["captured", "as-is"]) }),
    secrets: z.array(z.string()).optional(),
  }),
  rendered: z.array(RenderedApp),
  images: z
    .looseObject({
      lockedBy: z.string(),
      images: z.array(z.looseObject({ image: line, digest: line, digests: z.array(line) })),
    })
    .optional(),
  services: z.strictObject({
    prometheus: StackService.optional(),
    alertmanager: StackService.optional(),
    grafana: StackService.optional(),
  }),
  backups: z.array(absolute).max(100).optional(),
  grafana: z.strictObject({ user: z.string(), password: z.string() }),
});
