import { expect, it } from "vitest";
import { computePodGateway } from "../../src/cluster/pod-gateway.ts";

const k3s = (...args: string[]) => ({
  cluster: { kind: "k3s" } as const,
  k3s: { version: "stable", path: undefined, args, images: [] },
});

it.each([
  [[], { address: "10.42.0.1" }],
  [["--cluster-cidr=172.20.0.0/16"], { address: "172.20.0.1" }],
  [["--flannel-backend", "host-gw"], { address: "10.42.0.1" }],
  [["--flannel-backend=none"], { unknown: expect.stringContaining("without flannel") }],
  [["--cluster-cidr=10.42.0.0/16,fd00::/48"], { unknown: expect.stringContaining("cluster-cidr") }],
])("with %o it is %o", (args, expected) => {
  expect(computePodGateway(k3s(...args))).toEqual(expected);
});

it("is unknown on an existing cluster", () => {
  const cluster = { kind: "existing", kubeconfig: "/k", context: undefined } as const;
  expect(computePodGateway({ ...k3s(), cluster })).toHaveProperty("unknown");
});
