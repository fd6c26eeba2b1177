import { expect, it } from "vitest";
import { applyOverlay, createAdminApiSettings } from "../../../src/plan/profiles/overlay.ts";

const flags = ["web.enable-lifecycle", "web.enable-admin-api"];

it.each([
  ["prometheus", {}, { server: { extraFlags: flags } }],
  ["prometheus", { server: { extraFlags: ["web.enable-lifecycle"] } }, undefined],
  // Prometheus refuses a flag that is there twice.
  ["prometheus", { server: { extraArgs: { "web.enable-admin-api": "" } } }, undefined],
  [
    "prometheus",
    { server: { extraArgs: { "log.level": "debug" } } },
    { server: { extraArgs: { "log.level": "debug" }, extraFlags: flags } },
  ],
  ["kube-prometheus-stack", {}, { prometheus: { prometheusSpec: { enableAdminAPI: true } } }],
  ["kube-prometheus-stack", { prometheus: { prometheusSpec: { enableAdminAPI: false } } }, undefined],
  // The operator refuses an argument that it passes itself.
  [
    "kube-prometheus-stack",
    { prometheus: { prometheusSpec: { additionalArgs: [{ name: "web.enable-admin-api", value: "" }] } } },
    undefined,
  ],
  ["grafana", {}, undefined],
])("the admin API of %s with %j", (chart, values, expected) => {
  expect(applyOverlay("app", values, createAdminApiSettings(chart, values)).values).toEqual(
    expected ?? values,
  );
});
