import { formatFlowValue } from "../../yaml/pairs.ts";
import type { ExistingWorkflows } from "./survey.ts";

/**
 * Returns the text of a workflow that deploys, verifies and tears down the stack.
 * @param config path of monstack.yaml below the repository's folder; undefined if it is there under its own name
 * @param variables environment variables that the configuration names; each comes from a secret of the same name
 */
export function composeWorkflow(
  { runsOn = "ubuntu-latest", checkout = "actions/checkout@v6", branches = ["main"] }: ExistingWorkflows,
  config: string | undefined,
  variables: readonly string[],
): string {
  const inputs = ["mode: run", ...(config === undefined ? [] : [`config: ${formatFlowValue(config)}`])];
  const env = variables.map((name) => `          ${name}: \${{ secrets.${name} }}`);
  return `# Deploys the monitoring stack of ${config ?? "monstack.yaml"} on a k3s of its own, verifies it, and removes it again.
name: monstack
on:
  push: { branches: ${formatFlowValue(branches)} }
  pull_request:
  workflow_dispatch:
permissions: { contents: read }
jobs:
  verify:
    runs-on: ${formatFlowValue(runsOn)}
    timeout-minutes: 15
    steps:
      - uses: ${checkout}
        with: { persist-credentials: false }
      - uses: org/monstack-action@v1
        id: monstack
${env.length === 0 ? "" : `        env:\n${env.join("\n")}\n`}        with:
${inputs.map((line) => `          ${line}`).join("\n")}
      - uses: actions/upload-artifact@v5
        if: always()
        with:
          name: monstack-report
          path: \${{ steps.monstack.outputs.report-dir }}
`;
}
