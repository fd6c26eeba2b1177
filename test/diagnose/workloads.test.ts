import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { ClusterEvidence, Evidence } from "../../src/diagnose/evidence.ts";
import { workloadFailures } from "../../src/failures/catalogue.ts";
import { operatorRefused } from "../../src/failures/scheduling.ts";
import { failing, inCluster } from "./rules/evidence.ts";

/** What the API server sends of a workload that is broken in one way (Kubernetes 1.36, containerd 2.1). */
interface Row {
  readonly what: string;
  readonly cause: string;
  readonly says: string;
  readonly key?: string;
  readonly value?: string;
  readonly cluster: Partial<ClusterEvidence>;
}

interface Recorded {
  /** The Deployment of most rows, and its ReplicaSet. */
  readonly workloads: ClusterEvidence["workloads"];
  readonly rows: readonly Row[];
}

const { workloads, rows } = JSON.parse(
  readFileSync(new URL("./recorded/workloads.json", import.meta.url), "utf8"),
) as Recorded;

function seen({ cluster }: Row): Evidence {
  return inCluster({ workloads, ...cluster }, { checks: [failing("workloads-healthy")] });
}

describe("a workload that is broken", () => {
  it.each(rows)("$cause: $what", (row) => {
    const { cause, says, key, value } = row;
    const [first] = diagnose(seen(row));
    expect(first).toMatchObject({ id: cause, what: expect.stringMatching(new RegExp(says)) });
    expect(first?.how.join("\n")).not.toBe("");
    expect(first?.fix).toMatch(/^[A-Z`].*\.$|^kubectl /s);
    expect(first?.explains).toContain("workloads-healthy");
    if (key !== undefined) expect(first?.blame?.keys).toContain(key);
    if (value !== undefined) expect(first?.blame?.values).toContain(value);
  });

  it("has a row for every way that is known", () => {
    const missing = workloadFailures.filter(({ id }) => !rows.some(({ cause }) => cause === id));
    // The operator's refusal is in the deployment's failures only.
    expect(missing).toEqual([operatorRefused]);
  });

  it("is told for what the chart made, not for a ReplicaSet or a pod of it", () => {
    const told = rows.map((row) => diagnose(seen(row))[0]?.what ?? "");
    expect(
      told.filter((what) => !/^(Deployment|DaemonSet|PersistentVolumeClaim) monitoring\//.test(what)),
    ).toEqual([]);
  });

  it("that crashes is told with the last line of its log, one that is killed with its limit", () => {
    const howOf = (cause: string) =>
      rows.filter((row) => row.cause === cause).flatMap((row) => diagnose(seen(row))[0]?.how ?? []);
    expect(howOf("crash").at(-1)).toBe(
      "the last line of its log: panic: no config at /etc/grafana/grafana.ini",
    );
    expect(howOf("oom-killed").at(-1)).toBe("the limit of container grafana is 12Mi of memory");
  });

  it("is told in one cause only", () => {
    const several = rows
      .map((row) => [row.what, diagnose(seen(row)).map(({ id }) => id)] as const)
      .filter(([, ids]) => ids.length > 1);
    expect(several).toEqual([]);
  });
});
