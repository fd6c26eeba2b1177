/** What a failed scrape is a case of. */
export interface ScrapeFailure {
  /** Id of the fault: `target-refused`. */
  readonly id: string;
  readonly cause: string;
  readonly fix?: string;
}

/** Prometheus' word for why a scrape of this URL failed, in plain language with a way out. */
export function explainScrapeError(error: string, url = ""): ScrapeFailure {
  const reason = reasonOf(error);
  const known = explanations.find(
    ({ pattern, scheme = "" }) => pattern.test(reason) && url.startsWith(scheme),
  );
  return known ? { id: known.id, cause: known.cause, fix: known.fix } : { id: "target-down", cause: reason };
}

/** `Get "http://10.42.0.7:9100/metrics": dial tcp 10.42.0.7:9100: connect: connection refused` says the URL twice. */
export function reasonOf(lastError: string): string {
  return lastError.replace(/^(Get|Post) "[^"]*": /, "") || "down, without an error";
}

interface Explanation {
  readonly id: string;
  readonly pattern: RegExp;
  /** Only for URLs that begin so. */
  readonly scheme?: string;
  readonly cause: string;
  readonly fix: string;
}

/** The first that fits counts. */
const explanations: readonly Explanation[] = [
  {
    id: "target-not-metrics",
    // It quotes what it could not parse, so it goes first: the page may be about anything.
    pattern: /while parsing|Content-Type|unsupported character in float|# EOF|invalid metric/,
    cause: "what is served there are no metrics: a scrape annotation on something else",
    fix: "take the scrape annotation away, or name the metrics' port and path",
  },
  {
    id: "target-dns",
    pattern: /no such host|lookup .{0,500}(server misbehaving|i\/o timeout|connection refused)/i,
    cause: "the name can't be resolved: cluster DNS is not up, or the service doesn't exist",
    fix: "look at the CoreDNS pods in kube-system",
  },
  {
    id: "target-refused",
    pattern: /connection refused/i,
    cause: "nothing listens on that port: the process is not up, or the scrape annotation names another port",
    fix: "look at that pod's state and log, and compare prometheus.io/port with the port that it serves metrics on",
  },
  {
    id: "target-tls",
    pattern: /x509|certificate|tls:|HTTP response to HTTPS client|malformed HTTP response/i,
    cause: "the target's certificate is not trusted, or only one of the two sides speaks TLS",
    fix: "set scheme and tls_config (the right CA) of that job, or the annotation prometheus.io/scheme",
  },
  {
    id: "target-tls",
    // What a TLS server says in plain text to whoever doesn't speak it.
    pattern: /HTTP status 400/i,
    scheme: "http:",
    cause: "the request is a bad one to the target: most often it wants https and is asked by http",
    fix: "set scheme: https for that job, or the annotation prometheus.io/scheme",
  },
  {
    id: "target-timeout",
    pattern: /context deadline exceeded|i\/o timeout|Client\.Timeout/i,
    cause:
      "no answer in time: a network policy or firewall drops the packets, or the target is slower than scrape_timeout",
    fix: "ask the target from a pod in the same namespace; then raise scrape_timeout or allow the traffic",
  },
  {
    id: "target-unreachable",
    pattern: /no route to host|network is unreachable|host is down/i,
    cause: "the pod network does not lead there: the CNI is not up on one of the nodes",
    fix: "look at the CNI's pods and the node's routes",
  },
  {
    id: "target-unauthorized",
    pattern: /HTTP status (401|403)/i,
    cause: "Prometheus' service account is not allowed to read these metrics, or the job lacks the login",
    fix: "compare the ClusterRole prometheus-server (nodes/metrics, nodes/proxy) with what the target wants",
  },
  {
    id: "target-404",
    pattern: /HTTP status (404|405)/i,
    cause: "the target serves no metrics under that path",
    fix: "set prometheus.io/path, or take the scrape annotation away",
  },
  {
    id: "target-http",
    pattern: /HTTP status \d+/i,
    cause: "the target answers with an error",
    fix: "ask it for its metrics by hand, and read its log",
  },
  {
    id: "target-too-large",
    pattern: /limit exceeded/i,
    cause: "the target serves more than this job may take",
    fix: "raise sample_limit or body_size_limit of that job, or drop metrics with metric_relabel_configs",
  },
];
