import { describe, expect, it } from "vitest";
import { judgeLimits, type LimitsEvidence } from "../../src/checklist/limits.ts";
import { against, inFavour, pod } from "./evidence.ts";

const resources = { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "128Mi" } };
const mib = 1024 ** 2;
const id = "monitoring/grafana-0/main";

function judged(container: object, changes: Partial<LimitsEvidence> = {}, status = {}) {
  const pods = [pod("grafana-0", {}, { container, status })];
  return judgeLimits({ pods, memory: new Map([[id, 60 * mib]]), throttled: new Map(), ...changes });
}

describe("limits", () => {
  it("are met with requests, a limit, and room below it", () => {
    const result = judged({ resources });
    expect(against(result)).toEqual([]);
    expect(inFavour(result)).toEqual(["grafana-0/main: 60 MiB of 128 MiB"]);
  });

  it.each([
    [{}, "grafana-0/main has no memory limit, no memory request, no CPU request"],
    [{ resources: { ...resources, limits: { cpu: "1" } } }, "grafana-0/main has no memory limit"],
    [{ resources: { ...resources, requests: { memory: "64Mi" } } }, "grafana-0/main has no CPU request"],
  ])("%j", (container, said) => {
    expect(against(judged(container))).toEqual([said]);
  });

  it("are not kept when it uses nearly all, was killed, or is held back", () => {
    expect(against(judged({ resources }, { memory: new Map([[id, 120 * mib]]) }))).toEqual([
      "grafana-0/main uses 120 MiB, 94 % of its memory limit",
    ]);
    const killed = { terminated: { exitCode: 137, reason: "OOMKilled" } };
    const status = {
      containerStatuses: [
        { name: "main", image: "", imageID: "", ready: true, restartCount: 1, lastState: killed },
      ],
    };
    expect(against(judged({ resources }, {}, status))).toEqual([
      "grafana-0/main was killed for its memory (OOMKilled)",
    ]);
    expect(against(judged({ resources }, { throttled: new Map([[id, 0.4]]) }))).toEqual([
      "grafana-0/main is held back in 40 % of its CPU periods",
    ]);
    expect(against(judged({ resources }, { throttled: new Map([[id, 0.1]]) }))).toEqual([]);
  });

  it("are unknown while nobody measured, unless something is wrong anyway", () => {
    expect(() => judged({ resources }, { memory: new Map() })).toThrow(
      "what grafana-0/main uses was not measured",
    );
    expect(against(judged({}, { memory: new Map() }))).toHaveLength(1);
  });
});
