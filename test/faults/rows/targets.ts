import { type Fault, nodeAddress, scrapes, server, silentServer } from "../fault.ts";

const bad = { exitCode: 1, from: "verify" } as const;

export const targets: readonly Fault[] = [
  {
    what: "a federated source that has nothing of what is asked",
    config: `federate: [{targets: ["${nodeAddress}:18081"], match: ['{job="gone"}'], interval: 2s}]\n`,
    beside: server(18_081, 200, "# nothing matches\n", "text/plain; version=0.0.4"),
    exitCode: 1,
    cause: "federation-empty",
    says: /gives no series at all/,
    at: "monstack.yaml:1",
    from: "verify",
    visibleAfter: 6,
  },
  {
    ...bad,
    what: "a target where nothing listens",
    config: scrapes(`${nodeAddress}:9`),
    cause: "target-refused",
    says: /connection refused/,
  },
  {
    ...bad,
    what: "a target that speaks TLS",
    config: scrapes(`${nodeAddress}:6443`),
    cause: "target-tls",
    says: /6443/,
  },
  {
    ...bad,
    what: "a target that doesn't speak TLS",
    config: scrapes(`${nodeAddress}:9100`, "scheme: https"),
    cause: "target-tls",
    says: /HTTP response to HTTPS client/,
  },
  {
    ...bad,
    what: "a target whose certificate nobody vouches for",
    config: scrapes(`${nodeAddress}:10250`, "scheme: https"),
    cause: "target-tls",
    says: /x509/,
  },
  {
    ...bad,
    what: "a target that wants to know who asks",
    config: scrapes(`${nodeAddress}:18080`),
    beside: server(18080, 401, "who are you?"),
    cause: "target-unauthorized",
    says: /401/,
  },
  {
    ...bad,
    what: "a target that never answers",
    config: scrapes(`${nodeAddress}:18081`),
    beside: silentServer(18081),
    cause: "target-timeout",
    says: /deadline exceeded|scrape_timeout/,
  },
  {
    ...bad,
    what: "a target that has its metrics elsewhere",
    config: scrapes(`${nodeAddress}:9100`, "metrics_path: /no-such-page"),
    cause: "target-not-found",
    says: /404/,
  },
  {
    ...bad,
    what: "a target that serves a page instead of metrics",
    config: scrapes(`${nodeAddress}:18082`),
    beside: server(18082, 200, "<!doctype html><h1>hello</h1>"),
    cause: "target-not-metrics",
    says: /18082/,
  },
  {
    ...bad,
    what: "a target whose name nobody knows",
    config: scrapes("my-app.nowhere.svc.cluster.local:80"),
    cause: "target-dns",
    says: /no such host/,
  },
];
