import type { Target } from "../deploy/views.ts";
import { listWorkloads, type RenderedApp } from "../model/rendered.ts";
import { isComponent } from "../verify/access/components.ts";
import type { Server } from "../verify/access/server-access.ts";
import type { Readiness } from "../verify/runner/needs.ts";

/** Reports to the checks which servers of a deployment are ready. */
export interface ReadinessTracker extends Readiness {
  /** Records that a workload is ready. */
  readonly noteReady: (workload: Target) => void;
  /** Records that all workloads are ready. */
  readonly noteComplete: () => void;
}

const servers: readonly Server[] = ["prometheus", "alertmanager", "grafana"];

/** Returns a tracker of these apps, none of which is ready yet. A server without a known workload is ready with all others. */
export function trackReadiness(apps: readonly RenderedApp[]): ReadinessTracker {
  const complete = Promise.withResolvers<void>();
  const waiting = new Map(
    servers.map((server) => {
      const missing = new Set(listServerWorkloads(apps, server).map(formatWorkload));
      return [server, { missing, ready: Promise.withResolvers<void>() }] as const;
    }),
  );
  return {
    complete: complete.promise,
    waitFor: async (needed) => {
      const parts = needed.map((server) => waiting.get(server)?.ready.promise);
      await Promise.race([complete.promise, Promise.all(parts)]);
    },
    noteReady: (workload) => {
      for (const { missing, ready } of waiting.values())
        if (missing.delete(formatWorkload(workload)) && missing.size === 0) ready.resolve();
    },
    noteComplete: () => complete.resolve(),
  };
}

/** Returns the workloads of a server that have pods. */
export function listServerWorkloads(apps: readonly RenderedApp[], server: Server): Target[] {
  return listWorkloads(apps).filter(
    ({ replicas, podLabels }) => replicas !== 0 && isComponent(server, podLabels),
  );
}

/** Returns a workload's name for messages, for example `Deployment monitoring/grafana`. */
export function formatWorkload({ kind, namespace, name }: Target): string {
  return `${kind} ${namespace}/${name}`;
}
