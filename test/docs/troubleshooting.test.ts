import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allRules } from "../../src/diagnose/catalogue.ts";
import { allChecks, endChecks } from "../../src/verify/catalogue.ts";

const page = readFileSync(new URL("../../docs/troubleshooting.md", import.meta.url), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));

/** Every command and line of the guide's chapters on troubles, on cleaning up and on access. */
const guide = [
  "kubectl get clusterrolebinding prometheus",
  "kubectl get servicemonitor -n monitoring",
  "kubectl exec -n monitoring grafana-xxx -- curl http://prometheus-server.monitoring.svc.cluster.local",
  "kubectl logs -n monitoring prometheus-server-xxx",
  "kubectl get pvc -n monitoring",
  "prometheus-values.yaml에서 retention 설정",
  "sbkube delete --app-dir .",
  "kubectl delete pvc -n monitoring --all",
  "kubectl port-forward -n monitoring svc/grafana 3000:80",
  "Password: admin-password",
  "kubectl port-forward -n monitoring svc/prometheus-server 9090:80",
  "kubectl port-forward -n monitoring svc/prometheus-alertmanager 9093:80",
];

const checks: readonly string[] = [...allChecks, ...endChecks].map(({ id }) => id);
const diagnoses: readonly string[] = allRules.map(({ id }) => id);

function named(cell: string | undefined): string[] {
  return [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, id = ""]) => id);
}

describe("docs/troubleshooting.md", () => {
  it("has a row for each command of the guide, and for nothing else", () => {
    expect(rows.map(([command]) => command)).toEqual(guide.map((command) => `\`${command}\``));
  });

  it.each(guide)("says what replaces it, by names that exist: %s", (command) => {
    const [, instead, diagnosis, says] = rows.find(([cell]) => cell === `\`${command}\``) ?? [];
    const done = named(instead);
    const found = named(diagnosis);
    expect(done.filter((id) => !checks.includes(id) && !/^monstack (up|down)$/.test(id))).toEqual([]);
    expect(found.filter((id) => !diagnoses.includes(id))).toEqual([]);
    expect(done.length).toBeGreaterThan(0);
    expect(found.length).toBeGreaterThan(0);
    expect(says?.length).toBeGreaterThan(30);
  });

  it("names only diagnoses in its text", () => {
    const text = page.split("\n").filter((line) => !line.startsWith("|"));
    const ids = text
      .flatMap((line) => named(line))
      .filter((id) => /^(target|window|datasource|dashboard)-/.test(id));
    expect(ids.filter((id) => !diagnoses.includes(id))).toEqual([]);
    expect(ids.length).toBeGreaterThan(8);
  });
});
