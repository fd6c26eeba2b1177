import type { Evidence } from "../evidence.ts";
import { failedChecks, needGrafana, notPassed, quoteCheck } from "../failed.ts";
import type { DiagnosisRule } from "../rule.ts";

export const grafanaLoginRefused: DiagnosisRule = {
  id: "grafana-login-refused",
  layer: "grafana",
  title: "Grafana refuses the configured password",
  evidence: "its HTTP 401 to the configured user; the age of its volume",
  find: (evidence) => {
    const checks = failedChecks(evidence).filter(({ fault }) => fault === "grafana-login-refused");
    if (checks.length === 0 && !evidence.grafana?.loginRefused) return [];
    const claim = oldClaim(evidence);
    return [
      {
        what: claim
          ? `Grafana refuses the configured password: its volume (claim ${claim.name}) is from an earlier deployment and holds another one`
          : "Grafana refuses the configured password: its database holds another one",
        how: [
          ...(checks.length > 0
            ? checks.slice(0, 1).map(quoteCheck)
            : ["Grafana answers HTTP 401 to the configured user"]),
          ...(claim
            ? [
                `the claim ${claim.name} was made ${claim.createdAt}, before this deployment (${evidence.deployedAt})`,
              ]
            : []),
        ],
        fix: claim
          ? `Delete the claim ${claim.name}, give the old password as grafana.password, or reset it: \`grafana cli admin reset-admin-password\` in the pod. Grafana takes the password from the values only for a new database.`
          : "Give the password that is in force as grafana.password, or reset it: `grafana cli admin reset-admin-password` in the pod. Somebody changed it, or the chart takes it from a Secret of your own (admin.existingSecret).",
        explains: [...new Set([...checks.map(({ id }) => id), ...notPassed(evidence, needGrafana)])].filter(
          (id) => !id.startsWith("workloads-"),
        ),
        keys: ["adminPassword", "admin.existingSecret", "grafana.password"],
      },
    ];
  },
};

function oldClaim({ cluster, deployedAt }: Evidence) {
  const claim = (cluster?.claims ?? []).find(({ metadata }) => /grafana/.test(metadata.name));
  const createdAt = claim?.metadata.creationTimestamp;
  if (claim === undefined || createdAt === undefined || deployedAt === undefined) return undefined;
  if (Date.parse(createdAt) >= Date.parse(deployedAt)) return undefined;
  return { name: `${claim.metadata.namespace}/${claim.metadata.name}`, createdAt };
}
