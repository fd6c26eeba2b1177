import type { CaptureAddress } from "../alerting/endpoints.ts";

/** What the forwarder is given as a JSON file, the only argument of dist/forward.js. */
export interface ForwardSpec {
  readonly listeners: readonly Listener[];
  /** Where Alertmanager's notifications are taken; undefined: nowhere. */
  readonly receiver?: CaptureAddress | undefined;
  /** Absolute; a `ForwardStatus` is written there once it listens, or can't. */
  readonly statusFile: string;
}

export interface Listener {
  /** As in the configuration's `ports`, e.g. `prometheus`. */
  readonly name: string;
  /** On 127.0.0.1, and on [::1] where there is one. */
  readonly port: number;
  readonly target: ForwardTarget;
}

export type ForwardTarget =
  /** An address that this host reaches, e.g. a ClusterIP. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A service of a cluster elsewhere: each connection goes through its API server to a ready pod behind it. */
  | {
      readonly kind: "pod";
      readonly kubeconfig: string;
      readonly context: string | undefined;
      readonly namespace: string;
      readonly service: string;
      /** The service's port, not the pod's. */
      readonly port: number;
    };

export type ForwardStatus =
  | {
      readonly state: "listening";
      readonly pid: number;
      readonly ports: Readonly<Record<string, number>>;
      /** Why notifications can't be taken, if they can't. It is tried again. */
      readonly receiverProblem?: string | undefined;
    }
  | { readonly state: "failed"; readonly pid: number; readonly message: string };
