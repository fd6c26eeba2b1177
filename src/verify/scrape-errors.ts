/** Prometheus' word for why a scrape failed, in plain language with a way out. */
export function explainScrapeError(error: string): { cause: string; mend?: string } {
  const known = explanations.find(({ pattern }) => pattern.test(error));
  return known ? { cause: known.cause, mend: known.mend } : { cause: error };
}

const explanations: readonly { pattern: RegExp; cause: string; mend: string }[] = [
  {
    pattern: /connection refused/i,
    cause: "nothing listens on that port: the process is not up, or the scrape annotation names another port",
    mend: "look at that pod's state and log, and compare prometheus.io/port with the port that it serves metrics on",
  },
  {
    pattern: /context deadline exceeded|i\/o timeout|Client\.Timeout/i,
    cause:
      "no answer in time: a network policy or firewall drops the packets, or the target is slower than scrape_timeout",
    mend: "ask the target from a pod in the same namespace; then raise scrape_timeout or allow the traffic",
  },
  {
    pattern: /no route to host|network is unreachable/i,
    cause: "the pod network does not lead there: the CNI is not up on one of the nodes",
    mend: "look at the CNI's pods and the node's routes",
  },
  {
    pattern: /HTTP status (401|403)/i,
    cause: "Prometheus' service account is not allowed to read these metrics",
    mend: "compare the ClusterRole prometheus-server (nodes/metrics, nodes/proxy) with what the target wants",
  },
  {
    pattern: /HTTP status 404/i,
    cause: "the target serves no metrics under that path",
    mend: "set prometheus.io/path, or take the scrape annotation away",
  },
  {
    pattern: /x509|certificate/i,
    cause: "the target's certificate is not trusted",
    mend: "set tls_config of that job to the right CA",
  },
  {
    pattern: /no such host/i,
    cause: "the name can't be resolved: cluster DNS is not up, or the service doesn't exist",
    mend: "look at the CoreDNS pods in kube-system",
  },
  {
    pattern: /expected (a valid|label|value)|invalid metric|unsupported Content-Type|received unsupported/i,
    cause: "what is served there are no metrics: a scrape annotation on something else",
    mend: "take the scrape annotation away, or name the metrics' port and path",
  },
];
