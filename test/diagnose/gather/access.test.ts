import { describe, expect, test } from "vitest";
import type { AccessSpec } from "../../support/fake-kube-api.ts";
import type { World } from "../../verify/healthy-world.ts";
import { renderedStack } from "../../verify/rendered-stack.ts";
import { evidenceIn } from "./world.ts";

describe("access", () => {
  const withAccount = (world: World) => {
    const [server] = world.kube.pods;
    Object.assign(server?.["spec"] as object, { serviceAccountName: "prometheus-server" });
  };

  test("is requested for the account of Prometheus' pod, with its groups", async () => {
    const requested: AccessSpec[] = [];
    const { evidence } = await evidenceIn((world) => {
      withAccount(world);
      world.kube.mayDo = (spec) => {
        requested.push(spec);
        return spec.resourceAttributes?.resource !== "endpointslices";
      };
    });
    const access = evidence.cluster?.access ?? [];
    const user = "system:serviceaccount:monitoring:prometheus-server";
    expect(access).toHaveLength(12);
    expect(access.filter(({ allowed }) => !allowed)).toEqual(
      ["list", "watch"].map((verb) => ({
        user,
        verb,
        resource: "endpointslices.discovery.k8s.io",
        allowed: false,
        reason: "as it is",
      })),
    );
    expect(requested.map(({ groups }) => groups[1])).toEqual(
      Array(12).fill("system:serviceaccounts:monitoring"),
    );
    expect(requested.flatMap((spec) => spec.resourceAttributes ?? [])).toContainEqual({
      verb: "get",
      group: "",
      resource: "nodes",
      subresource: "metrics",
    });
    expect(requested.flatMap((spec) => spec.resourceAttributes ?? [])).toContainEqual({
      verb: "watch",
      group: "discovery.k8s.io",
      resource: "endpointslices",
      subresource: "",
    });
    expect(requested.flatMap((spec) => spec.nonResourceAttributes ?? [])).toEqual([
      { verb: "get", path: "/metrics" },
    ]);
  });

  test("is requested for the account that the chart names when no pod runs", async () => {
    const { evidence } = await evidenceIn(
      ({ kube }) => {
        kube.pods = [];
      },
      (input) => {
        const rendered = structuredClone(renderedStack());
        const server = rendered[0]?.objects.find(
          ({ kind, metadata }) => kind === "Deployment" && metadata.name === "prometheus-server",
        );
        const spec = server?.["spec"] as { template: { spec: object } };
        Object.assign(spec.template.spec, { serviceAccountName: "from-chart" });
        return { ...input, rendered };
      },
    );
    expect(evidence.cluster?.access[0]?.user).toBe("system:serviceaccount:monitoring:from-chart");
  });

  test("who may not ask is no denial", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      delete kube.mayDo;
    });
    expect(evidence.cluster?.access).toEqual([]);
    expect(evidence.unread).toEqual([
      {
        what: "what system:serviceaccount:monitoring:default may do",
        why: expect.stringContaining("HTTP 403: subjectaccessreviews.authorization.k8s.io is forbidden"),
      },
    ]);
  });
});
