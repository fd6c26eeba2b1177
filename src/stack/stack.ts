import type { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import type { VerifyConfig } from "../config/schema.ts";
import type { Context } from "../host/host.ts";
import type { Plan } from "../model/plan.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { Expressions } from "../promql/promql.ts";

/** The deployed stack, as the checks see it. The checks of a service that is not deployed (undefined here) are skipped. */
export interface Stack {
  readonly context: Context;
  readonly plan: Plan;
  readonly rendered: readonly RenderedApp[];
  readonly kube: KubeConfig;
  readonly core: CoreV1Api;
  readonly expressions: Expressions;
  readonly prometheus: HttpEndpoint | undefined;
  readonly alertmanager: HttpEndpoint | undefined;
  readonly grafana: (HttpEndpoint & { readonly user: string; readonly password: string }) | undefined;
  /** The images that the lock file names; undefined without a lock file. */
  readonly images: LockedImages | undefined;
  /** The user's settings of the verification. */
  readonly verify: VerifyConfig;
  /** State of the stack when it was last verified; undefined before the first verification. */
  readonly baseline: Baseline | undefined;
  /** Absolute paths of the stack's backups, the oldest first. */
  readonly backups?: readonly string[] | undefined;
  /** Start of the deployment, ISO 8601: earlier scrapes and evaluations don't count. */
  readonly deployedAt: string;
}

/** State of the stack when it was verified. A verification at the end of the job compares with it. */
export const Baseline = z.object({
  version: z.literal(1),
  /** ISO 8601. */
  takenAt: z.string(),
  containers: z.array(
    z.object({
      namespace: z.string(),
      pod: z.string(),
      /** Of the pod; records of earlier versions have none. */
      uid: z.string().optional(),
      container: z.string(),
      restarts: z.number(),
    }),
  ),
  /** Targets of the stack and of the nodes: those of other pods come and go. */
  targets: z.array(z.object({ job: z.string(), instance: z.string() })),
  /** Series in Prometheus' head block; undefined without Prometheus. */
  headSeries: z.number().optional(),
  /** Size of blocks and write-ahead log in bytes. */
  storageBytes: z.number().optional(),
});
export type Baseline = z.infer<typeof Baseline>;

/** The images of a lock file, with every digest under which the cluster may report them. */
export interface LockedImages {
  /** Name of the lock file in messages: `monstack.lock`. */
  readonly lockedBy: string;
  readonly images: readonly {
    /** Full reference: `docker.io/grafana/grafana:13.2.0`. */
    readonly image: string;
    /** The locked digest. */
    readonly digest: string;
    /** The locked digest and, where known, those of this machine's manifest and of the image configuration. */
    readonly digests: readonly string[];
  }[];
  /** Images that the lock file names without a digest, since they are in no registry. */
  readonly unlocked?: readonly string[];
}

export interface HttpEndpoint {
  /** URL at which this host reaches the service, with its path: `http://10.43.0.7:80`, `https://localhost:9090/prometheus`. */
  readonly url: string;
  /** The Kubernetes Service behind the URL. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  /** Returns the URLs of the service's pods, if it has several and this host reaches them: the service balances between them. */
  readonly replicas?: (() => Promise<readonly string[]>) | undefined;
}

/** The login that a server requires of its clients. */
export type ServerLogin =
  | {
      readonly kind: "password";
      readonly user: string;
      readonly password: string;
      /** Where the configuration has it, e.g. `Grafana's data source Metrics`. */
      readonly from: string;
    }
  /** The configuration names the users, but no password. */
  | { readonly kind: "missing"; readonly users: readonly string[]; readonly where: string }
  /** The server requires a client certificate, which monstack does not have. */
  | { readonly kind: "certificate"; readonly where: string };
