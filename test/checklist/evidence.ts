import type { V1Container, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import type { Judgement } from "../../src/checklist/point.ts";
import type { RuleGroup } from "../../src/stack/prometheus.ts";

/** What a judgement holds against the point; empty when it is met. */
export function against({ lines }: Judgement): string[] {
  return lines.filter(({ met }) => !met).map(({ text }) => text);
}

/** What speaks for it. */
export function inFavour({ lines }: Judgement): string[] {
  return lines.filter(({ met }) => met).map(({ text }) => text);
}

const namespace = "monitoring";

interface PodChanges {
  readonly container?: Partial<V1Container>;
  /** The claim of its data volume; undefined: an emptyDir. */
  readonly claim?: string;
  readonly status?: V1Pod["status"];
  readonly account?: string;
}

/** A pod as `kubectl get pod -o json` has it, in the parts that are looked at. */
export function pod(name: string, labels: Record<string, string>, changes: PodChanges = {}): V1Pod {
  const { container = {}, claim, status, account } = changes;
  return {
    metadata: { name, namespace, labels },
    spec: {
      ...(account === undefined ? {} : { serviceAccountName: account }),
      containers: [{ name: "main", ...container }],
      volumes: [
        claim === undefined
          ? { name: "storage", emptyDir: {} }
          : { name: "storage", persistentVolumeClaim: { claimName: claim } },
      ],
    },
    ...(status === undefined ? {} : { status }),
  };
}

export const serverLabels = {
  "app.kubernetes.io/name": "prometheus",
  "app.kubernetes.io/component": "server",
};

export function claim(name: string, phase = "Bound", storage = "8Gi"): V1PersistentVolumeClaim {
  return {
    metadata: { name, namespace },
    spec: { storageClassName: "local-path" },
    status: { phase, capacity: { storage } },
  };
}

/** Rules in force, by their expressions; recorded ones by `name = expression`. */
export function groups(...expressions: string[]): RuleGroup[] {
  const rules = expressions.map((text, index) => {
    const recorded = /^([\w:]+) = (.*)$/s.exec(text);
    return {
      type: recorded ? ("recording" as const) : ("alerting" as const),
      name: recorded?.[1] ?? `Alert${index}`,
      query: recorded?.[2] ?? text,
      labels: {},
      health: "ok",
      lastError: "",
      lastEvaluation: "2026-11-24T00:00:00Z",
    };
  });
  return [{ name: "g", file: "rules", intervalMs: 60_000, rules }];
}
