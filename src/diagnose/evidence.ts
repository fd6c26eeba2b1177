import type { CaptureAddress } from "../alerting/endpoints.ts";
import type { Claim, Condition, KubeEvent, Meta, Node, Pod, Workload } from "../kube/objects.ts";
import type { UnknownValue } from "../model/plan.ts";
import type { WorkloadFailure } from "../model/rendered.ts";
import type { CheckResult, Findings } from "../stack/check.ts";

/**
 * Everything that was read of a failing stack. It is plain data, so that a test can judge recorded evidence again.
 * Evidence that could not be read is in `unread`, so that an empty list always is a result.
 */
export interface Evidence {
  /** Time of this machine, ISO 8601. */
  readonly takenAt: string;
  /** ISO 8601; undefined if the run ended before the deployment. */
  readonly deployedAt: string | undefined;
  /** The error that ended the run early. */
  readonly failure:
    | {
        readonly message: string;
        readonly fix?: string | undefined;
        readonly workloads: readonly WorkloadFailure[];
      }
    | undefined;
  readonly checks: readonly CheckResult[];
  readonly findings: Findings;
  readonly cluster: ClusterEvidence | undefined;
  readonly prometheus: PrometheusEvidence | undefined;
  readonly alertmanager: AlertmanagerEvidence | undefined;
  readonly grafana: GrafanaEvidence | undefined;
  readonly host: HostEvidence;
  /** The settings of the rendered charts that the rules need. */
  readonly requested: RequestedSettings;
  readonly unread: readonly UnreadPart[];
}

/** A part of the evidence that could not be read, and why. */
export interface UnreadPart {
  readonly what: string;
  readonly why: string;
}

/** Objects of the stack's namespaces and of kube-system, as the API server returns them. */
export interface ClusterEvidence {
  /** The namespaces of the stack. */
  readonly namespaces: readonly string[];
  readonly namespaceObjects: readonly NamespaceObject[];
  readonly pods: readonly Pod[];
  readonly events: readonly KubeEvent[];
  readonly nodes: readonly (Node & { readonly status?: { readonly allocatable?: Record<string, string> } })[];
  /** Deployments, StatefulSets, DaemonSets, ReplicaSets and Jobs. */
  readonly workloads: readonly Workload[];
  readonly claims: readonly Claim[];
  readonly storageClasses: readonly { readonly metadata: Meta; readonly provisioner: string }[];
  readonly quotas: readonly {
    readonly metadata: Meta;
    readonly status?: { readonly hard?: Record<string, string>; readonly used?: Record<string, string> };
  }[];
  readonly services: readonly {
    readonly metadata: Meta;
    readonly spec?: {
      readonly selector?: Record<string, string>;
      readonly ports?: readonly {
        readonly name?: string;
        readonly port: number;
        readonly targetPort?: number | string;
      }[];
    };
  }[];
  readonly endpointSlices: readonly {
    readonly metadata: Meta;
    readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
    readonly endpoints?:
      | readonly {
          readonly addresses: readonly string[];
          readonly conditions?: { readonly ready?: boolean };
        }[]
      | null;
  }[];
  /** Names of the CRDs, e.g. `servicemonitors.monitoring.coreos.com`. */
  readonly crds: readonly string[];
  /** helm's releases in the stack's namespaces, from the labels of their Secrets. */
  readonly releases: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly revision: number;
    /** `deployed`, `pending-install`, `failed`, ... */
    readonly status: string;
  }[];
  /** The rights of Prometheus' service account according to the API server. */
  readonly access: readonly AccessReview[];
  readonly logs: readonly ContainerLog[];
}

/** A namespace, with what keeps it from being deleted. */
export interface NamespaceObject {
  readonly metadata: Meta & { readonly finalizers?: readonly string[] };
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** Whether the API server allows a user a request. */
export interface AccessReview {
  /** `system:serviceaccount:monitoring:prometheus-server`. */
  readonly user: string;
  readonly verb: string;
  /** `pods`, `nodes/metrics`; a path like `/metrics` for a URL that is not a resource. */
  readonly resource: string;
  readonly allowed: boolean;
  readonly reason: string;
}

/** The end of a container's log. */
export interface ContainerLog {
  readonly namespace: string;
  readonly pod: string;
  /** The pod's `app.kubernetes.io/name`, or its `k8s-app`. */
  readonly app: string | undefined;
  readonly container: string;
  /** True for the log of the container's previous run. */
  readonly previous: boolean;
  readonly text: string;
}

/** What Prometheus' API reports. A field that could not be read is undefined. */
export interface PrometheusEvidence {
  readonly targets: readonly EvidenceTarget[];
  /** Prometheus' current configuration as YAML. */
  readonly config: string | undefined;
  readonly flags: Readonly<Record<string, string>> | undefined;
  /** Seconds since the epoch of Prometheus' clock, and of this machine's clock at the same time. */
  readonly clock: { readonly theirs: number; readonly ours: number } | undefined;
  readonly runtime: Readonly<Record<string, unknown>> | undefined;
}

/** A target that Prometheus scrapes. */
export interface EvidenceTarget {
  readonly job: string;
  readonly url: string;
  readonly health: string;
  readonly lastError: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The labels that the service discovery gave the target, before any relabelling. */
  readonly discovered: Readonly<Record<string, string>>;
}

/** What Alertmanager's API reports. A field that could not be read is undefined. */
export interface AlertmanagerEvidence {
  readonly version: string | undefined;
  /** Alertmanager's current configuration as YAML. Alertmanager itself masks the secrets. */
  readonly config: string | undefined;
}

/** What Grafana's API reports. */
export interface GrafanaEvidence {
  /** The HTTP status of /api/health, and the database's state in the response. */
  readonly health: { readonly status: number; readonly database: string | undefined } | undefined;
  readonly loginRefused: boolean;
  readonly datasources: readonly {
    readonly name: string;
    readonly type: string;
    readonly url: string;
    readonly uid: string;
    readonly isDefault: boolean;
  }[];
  /** The response to a query through the default datasource's proxy. */
  readonly proxy: { readonly status: number; readonly body: string } | undefined;
}

/** What was read on the machine that runs k3s. */
export interface HostEvidence {
  /** The end of k3s' log; undefined without a log. */
  readonly k3sLog: string | undefined;
  /** The disk with the cluster's data. */
  readonly disk:
    | { readonly path: string; readonly freeBytes: number; readonly sizeBytes: number }
    | undefined;
}

/** The settings that the rendered charts request. */
export interface RequestedSettings {
  readonly datasources: readonly {
    readonly name: string;
    readonly url?: string;
    readonly uid?: string;
    readonly isDefault?: boolean;
  }[];
  /** Prometheus' own service, if there is one. */
  readonly prometheusService:
    | {
        readonly namespace: string;
        readonly name: string;
        readonly port: number;
        /** Undefined in evidence of earlier versions: http, and the root. */
        readonly scheme?: "http" | "https";
        readonly path?: string;
      }
    | undefined;
  readonly retention: { readonly time?: string; readonly size?: string };
  /** Keys of the user's values that no chart reads. */
  readonly unknownValues: readonly UnknownValue[];
  /** Address of monstack's own receiver, which replaces the user's during a verification. */
  readonly capture?: CaptureAddress | undefined;
}
