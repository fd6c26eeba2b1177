import { expect, it } from "vitest";
import { findNewChart } from "../../src/plan/moved-charts.ts";

const repo = (repoUrl: string, name: string) =>
  findNewChart({ kind: "repo", repo: "x", repoUrl, name, version: "1.0.0" })?.to;

it.each([
  ["https://grafana.github.io/helm-charts", "grafana", /^grafana-community\/grafana .*newest known \d+\.\d+/],
  ["https://grafana.github.io/helm-charts/", "grafana", /^grafana-community/],
  ["https://charts.helm.sh/stable", "prometheus-operator", /^prometheus-community\/kube-prometheus-stack/],
  ["https://kubernetes-charts.storage.googleapis.com/", "prometheus", /^prometheus-community\/prometheus/],
  ["https://charts.helm.sh/stable", "mysql", /own repository/],
  ["https://charts.bitnami.com/bitnami", "kube-prometheus", /kube-prometheus-stack/],
])("%s %s has moved", (url, name, to) => {
  expect(repo(url, name)).toMatch(to);
});

it.each([
  ["https://grafana.github.io/helm-charts", "loki"],
  ["https://grafana-community.github.io/helm-charts", "grafana"],
  ["https://prometheus-community.github.io/helm-charts", "prometheus"],
  ["https://charts.bitnami.com/bitnami", "nginx"],
])("%s %s is where it was", (url, name) => {
  expect(repo(url, name)).toBeUndefined();
});

it("knows charts in registries, and nothing of local ones", () => {
  const url = "oci://registry-1.docker.io/bitnamicharts/grafana";
  expect(findNewChart({ kind: "oci", url, version: undefined })?.to).toMatch(/^grafana-community/);
  expect(findNewChart({ kind: "path", path: "/charts/grafana" })).toBeUndefined();
});
