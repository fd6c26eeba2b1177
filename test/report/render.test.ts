import { describe, expect, test } from "vitest";
import { renderLater, renderSummary } from "../../src/report/summary.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { badResults, failed, goodResults, passed } from "./results.ts";

describe("YAML that somebody is to copy", () => {
  const how = ["  apps:", "    prometheus: {}"];
  const told = goodResults({ verified: false, checks: [failed], causes: [{ ...diagnosed, how }] });

  test("keeps its indentation on a terminal", () => {
    expect(renderTerminal(told)).toContain("\n        apps:\n          prometheus: {}\n");
  });

  test("keeps its indentation in the job summary", () => {
    expect(renderSummary(told)).toContain(
      "<br>&nbsp;&nbsp;apps:<br>&nbsp;&nbsp;&nbsp;&nbsp;prometheus: {}<br>",
    );
  });
});

describe("the job summary", () => {
  test("has the digests that are known, of images that no chart names too", () => {
    const { versions } = goodResults();
    const images = ["busybox:1.38.0", "quay.io/prometheus/prometheus:v3.14.0"];
    const imageDigests = [
      { image: "docker.io/library/busybox:1.38.0", digest: "sha256:aa" },
      { image: "quay.io/operator/made:v1", digest: "sha256:bb" },
    ];
    const summary = renderSummary(goodResults({ versions: { ...versions, images, imageDigests } }));
    expect(summary).toContain("<summary>3 images</summary>");
    expect(summary).toContain(
      "- docker.io/library/busybox:1.38.0 `sha256:aa`\n- quay.io/operator/made:v1 `sha256:bb`\n- quay.io/prometheus/prometheus:v3.14.0\n",
    );
  });

  test("of a run that went well", () => {
    expect(renderSummary(goodResults())).toBe(`## ✅ monstack: verified, 1 check passed (23.0 s)

### Timeline

\`\`\`mermaid
gantt
  dateFormat YYYY-MM-DDTHH:mm:ss.SSS
  axisFormat %M:%S
  section Phases
  cluster (4.0 s) :1970-01-01T00:00:01.000, 1970-01-01T00:00:05.000
  deploy (10.0 s) :1970-01-01T00:00:05.000, 1970-01-01T00:00:15.000
\`\`\`

<details><summary>Phases</summary>

| phase | began | took |
| --- | --- | --- |
| cluster | +1.0 s | 4.0 s |
| deploy | +5.0 s | 10.0 s |

</details>

### Checks

<details><summary>✅ 1 check passed</summary>

|  | check | seen | took |
| --- | --- | --- | --- |
| ✅ pass | All targets are up | 8 of 8 up | 1.0 s |

</details>

### Versions

| what | version | from |
| --- | --- | --- |
| monstack | 0.1.0 |  |
| helm | v4.2.3 | https://get.helm.sh/helm.tar.gz |
| Kubernetes (k3s) | v1.36.3+k3s1 |  |
| chart prometheus (app prometheus) | 29.27.0 | app version v3.14.0 |

<details><summary>1 image</summary>

- quay.io/prometheus/prometheus:v3.14.0

</details>

<details><summary>Profile ci: 1 value set where yours were open</summary>

| app | key | value | why |
| --- | --- | --- | --- |
| prometheus | server.global.scrape\\_interval | "2s" | rate() needs two scrapes |

</details>

<details><summary>Adapted to this host: 1 thing</summary>

| found | done |
| --- | --- |
| cgroup v1 | told the kubelet |

</details>

### Teardown

Nothing is left.
`);
  });

  test("says of each tool whose signature was asked for what became of it", () => {
    const { versions } = goodResults();
    const [helm] = versions.tools;
    if (helm === undefined) throw new Error("the recorded run has no helm");
    const told = (signature: typeof helm.signature) =>
      renderSummary(goodResults({ versions: { ...versions, tools: [{ ...helm, signature }] } }));
    expect(told({ status: "verified", by: "gpg", signer: "Somebody" })).toContain(
      "| https://get.helm.sh/helm.tar.gz; signed by Somebody, gpg says |",
    );
    expect(told({ status: "unchecked", why: "gpg is not on this machine" })).toContain(
      "; its signature could not be checked: gpg is not on this machine |",
    );
  });

  test("of a red run has at most three causes, first of all", () => {
    const text = renderSummary(badResults());
    expect(text.split("\n").slice(0, 9)).toEqual([
      "## ❌ monstack: could not be brought up, and the teardown left 1 thing behind (23.0 s)",
      "",
      "### What went wrong",
      "",
      '1. **Deployment monitoring/a, container a: ImagePullBackOff**<br>Back-off pulling image "nope/a:1"<br>To fix it: correct the image',
      '2. **Deployment monitoring/b, container b: ImagePullBackOff**<br>Back-off pulling image "nope/b:1"<br>To fix it: correct the image',
      '3. **Deployment monitoring/c, container c: ImagePullBackOff**<br>Back-off pulling image "nope/c:1"<br>To fix it: correct the image',
      "",
      "... and 2 more, below",
    ]);
  });

  test("of a red run with known causes shows these, how they are known and where they come from", () => {
    const text = renderSummary(goodResults({ verified: false, checks: [failed], causes: [diagnosed] }));
    expect(text.split("\n").slice(2, 6)).toEqual([
      "### What went wrong",
      "",
      "1. **likely: Grafana's datasource leads nowhere**<br>Grafana's proxy: no such host<br>Where: values.yaml:3:5<br>To fix it: correct the url",
      "",
    ]);
  });

  test("nothing in a text breaks a table or gets to be HTML", () => {
    const text = renderSummary(goodResults({ verified: false, checks: [failed] }));
    expect(text).toContain(
      "| ❌ fail | Grafana answers a query | expected frames \\| with data, seen an &lt;empty&gt; answer<br>from the proxy | 1.0 s |",
    );
    const nasty = { ...passed, title: "a`b*c_[d](e)\\|</td><script>" };
    expect(renderSummary(goodResults({ checks: [nasty] }))).toContain(
      "| a\\`b\\*c\\_\\[d\\](e)\\\\\\|&lt;/td&gt;&lt;script&gt; |",
    );
  });

  test("of a teardown alone", () => {
    expect(renderLater({ teardown: { leaks: [{ kind: "mount", what: "/a|b" }], kept: ["obs"] } })).toBe(
      "### Teardown\n\n| left behind | what |\n| --- | --- |\n| mount | /a\\|b |\n\n- kept on purpose: obs\n",
    );
  });
});

const diagnosed = {
  id: "datasource-wrong-url",
  what: "Grafana's datasource leads nowhere",
  how: ["Grafana's proxy: no such host"],
  fix: "correct the url",
  sureness: "likely",
  explains: ["grafana-query"],
  at: { file: "values.yaml", line: 3, column: 5 },
} as const;

describe("the verdict", () => {
  const first = (text: string) => text.split("\n")[0];
  const leak = { leaks: [{ kind: "mount", what: "/x" }], kept: [] };
  test.each([
    [
      "verified, but leaked",
      { teardown: leak },
      "verified, 1 check passed, and the teardown left 1 thing behind",
    ],
    ["not verified", { verified: false, checks: [passed, failed] }, "not verified, 1 of 2 checks failed"],
    ["no check", { verified: false, checks: [] }, "not verified, no check passed"],
    ["up alone", { mode: "up", verified: false, checks: [], teardown: undefined }, "up, not verified yet"],
    ["down", { mode: "down", verified: false, checks: [] }, "torn down, nothing left"],
    [
      "down with leaks",
      { mode: "down", verified: false, checks: [], teardown: leak },
      "torn down, but 1 thing left",
    ],
  ] as const)("%s", (_, over, expected) => {
    const results = goodResults(over);
    const lines = renderTerminal(results).split("\n");
    expect(lines).toContain(`monstack ${results.mode}: ${expected} (23.0 s)`);
    expect(first(renderSummary(results))).toContain(` monstack: ${expected} (23.0 s)`);
  });
});

describe("the closing text on a terminal", () => {
  test("of a run that went well", () => {
    expect(renderTerminal(goodResults())).toBe(`  cluster  +1.0 s   4.0 s
  deploy   +5.0 s  10.0 s

  1 check: 1 passed

  torn down, nothing left

monstack run: verified, 1 check passed (23.0 s)
`);
  });

  test("of a red run with known causes", () => {
    const results = goodResults({ verified: false, checks: [failed], causes: [diagnosed] });
    expect(renderTerminal(results)).toContain(`
  - likely: Grafana's datasource leads nowhere
      Grafana's proxy: no such host
    where: values.yaml:3:5
    to fix it: correct the url
`);
  });

  test("of a red run", () => {
    const results = { ...badResults(), failure: undefined };
    expect(renderTerminal(results)).toBe(`  cluster  +1.0 s   4.0 s
  deploy   +5.0 s  10.0 s

  2 checks: 1 passed, 1 failed
    fail   grafana-query  expected frames | with data, seen an <empty> answer
            from the proxy

  left behind:
    mount  /run/k3s|x
  kept on purpose: the namespace obs, which was there before

monstack run: not verified, 1 of 2 checks failed, and the teardown left 1 thing behind (23.0 s)

  - Grafana answers a query
      expected frames | with data, seen an <empty> answer
            from the proxy. the data source points elsewhere
    to fix it: set its url
  - The teardown left 1 thing behind
      mount /run/k3s|x
    to fix it: run \`monstack down\` again, or remove them by hand
`);
  });
});
