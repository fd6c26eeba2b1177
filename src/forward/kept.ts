import type { Arrival, ReadMessage, Refusal } from "../alerting/endpoints.ts";

/** Of each kind; the rule of monstack's own arrives every few seconds for as long as the stack is up. */
const mostKept = 500;
/** In all arrivals together: whoever can send an alert to Alertmanager chooses its labels. */
const mostProbes = 20_000;
const mostProbeLength = 64;
const mostTextLength = 200;

/** The newest of what arrived and of what was refused. */
export interface Kept {
  /** Returns false for what was refused. */
  note(what: string, read: ReadMessage): boolean;
  all(): { readonly arrivals: readonly Arrival[]; readonly refused: readonly Refusal[] };
}

export function createKept(now: () => number): Kept {
  const arrivals: Arrival[] = [];
  const refused: Refusal[] = [];
  let probesKept = 0;
  const keepArrival = (arrival: Arrival) => {
    arrivals.push(arrival);
    probesKept += arrival.probes.length;
    while (arrivals.length > mostKept || probesKept > mostProbes)
      probesKept -= arrivals.shift()?.probes.length ?? 0;
  };
  return {
    note: (what, read) => {
      const at = now();
      if ("refused" in read) {
        refused.push({ at, what: what.slice(0, mostTextLength), why: read.refused.slice(0, mostTextLength) });
        if (refused.length > mostKept) refused.shift();
        return false;
      }
      const probes = read.probes.filter(({ length }) => length <= mostProbeLength).slice(0, mostProbes);
      keepArrival({ endpoint: read.endpoint, at, probes });
      return true;
    },
    all: () => ({ arrivals, refused }),
  };
}
