import { type Failure, type MatchedFailure, matchFailure } from "./failure.ts";

const annotationKeys = ["prometheus.io/port", "prometheus.io/scheme", "prometheus.io/path"];

/** Failures of a scrape, by the target's last error that Prometheus 2.45 to 3.x reports. */
export const scrapeFailures: readonly Failure[] = [
  {
    id: "target-not-metrics",
    layer: "targets",
    title: "A target serves no metrics",
    // Prometheus quotes what it could not parse, which may be about anything: this pattern goes first.
    matches:
      /while parsing|unsupported Content-Type|blank Content-Type|unsupported character in float|expected (a valid|label|value|timestamp)|invalid metric|"INVALID"|is not a valid start token|# EOF/,
    explanation: "its response contains no metrics",
    fix: "Name the port and path of the metrics (prometheus.io/port, prometheus.io/path), or take the scrape annotation away. For metrics without a Content-Type set fallback_scrape_protocol: PrometheusText0.0.4.",
    keys: ["prometheus.io/path", "metrics_path", "fallback_scrape_protocol"],
  },
  {
    id: "target-dns",
    layer: "targets",
    title: "A target's name can't be resolved",
    matches:
      /no such host|server misbehaving|Temporary failure in name resolution|lookup .{0,500}(i\/o timeout|connection refused)/i,
    explanation: "its name can't be resolved (the service doesn't exist, or the cluster's DNS is not up)",
    fix: "Correct the host name in static_configs; a service is called NAME.NAMESPACE.svc.cluster.local.",
  },
  {
    id: "target-refused",
    layer: "targets",
    title: "Nothing listens on a target's port",
    matches: /connection refused/i,
    explanation: "nothing listens on that port",
    fix: "Set the port that the program serves its metrics on (prometheus.io/port, or the port in static_configs); a program that listens on localhost only can't be scraped either.",
    keys: ["prometheus.io/port"],
  },
  {
    id: "target-tls",
    layer: "targets",
    title: "TLS with a target fails",
    keys: ["tls_config", "scheme"],
    variants: [
      {
        matches: /server gave HTTP response to HTTPS client/i,
        explanation: "it speaks plain HTTP, and Prometheus uses https",
        fix: "Take `scheme: https` away from that job (or set prometheus.io/scheme to http).",
        keys: ["scheme", "prometheus.io/scheme"],
      },
      {
        // A TLS server answers plain HTTP with a status 400.
        matches: /malformed HTTP response|HTTP status 400/i,
        url: /^http:/,
        explanation: "it speaks TLS, and Prometheus uses plain http",
        fix: "Set `scheme: https` (or prometheus.io/scheme) and tls_config for that target.",
        sureness: "likely",
        keys: ["scheme", "prometheus.io/scheme"],
      },
      {
        matches: /signed by unknown authority/,
        explanation: "its certificate is signed by a CA that Prometheus does not know",
        fix: "Set tls_config.ca_file of that job to the CA that signed it, or insecure_skip_verify: true where that is good enough.",
      },
      {
        matches: /certificate has expired or is not yet valid: .{0,200} is after/,
        explanation: "its certificate has expired",
        fix: "Renew the target's certificate.",
      },
      {
        matches: /certificate has expired or is not yet valid/,
        explanation: "its certificate is not valid yet",
        fix: "Compare the clocks of the nodes with the clock of the machine that issued the certificate.",
      },
      {
        matches:
          /certificate is valid for .{0,1000}, not|doesn't contain any IP SANs|not valid for any names/,
        explanation: "its certificate is for another name",
        fix: "Set tls_config.server_name of that job to a name that is in the certificate.",
      },
      {
        matches: /tls: (certificate required|bad certificate|handshake failure)|remote error: tls/,
        explanation: "it wants a client certificate, or a version of TLS that Prometheus doesn't support",
        fix: "Set tls_config.cert_file and key_file of that job.",
        keys: ["tls_config"],
      },
      {
        matches: /x509:|tls:|malformed HTTP response/,
        explanation: "TLS with it fails",
        fix: "Compare scheme and tls_config of that job with what the target serves.",
      },
    ],
  },
  {
    id: "target-credentials",
    layer: "targets",
    title: "Prometheus lacks the credentials for a target",
    matches: /unable to read|error creating HTTP client|no such file or directory/,
    explanation: "Prometheus can't read the file with the credentials or the CA for it",
    fix: "Mount the file into Prometheus' pod (server.extraSecretMounts), or correct its path.",
    keys: ["bearer_token_file", "credentials_file", "ca_file", "cert_file", "key_file", "password_file"],
  },
  {
    id: "target-forbidden",
    layer: "targets",
    title: "The kubelet or the API server refuses Prometheus",
    matches: /HTTP status (401|403)/i,
    url: /:10250\/|:6443\/|\/api\/v1\/nodes\//,
    explanation: "Prometheus' service account may not read these metrics",
    fix: "Allow its ClusterRole (prometheus-server) to get nodes/metrics, nodes/proxy and the URL /metrics: leave rbac.create on.",
    keys: ["rbac.create", "rbac", "bearer_token_file"],
  },
  {
    id: "target-unauthorized",
    layer: "targets",
    title: "A target wants credentials",
    matches: /HTTP status (401|403|407)/i,
    explanation: "it wants credentials that Prometheus does not send, or refuses them",
    fix: "Set authorization or basic_auth of that job; a target found by its annotation can't have any: give it a job of its own.",
    keys: ["authorization", "basic_auth", "bearer_token_file"],
  },
  {
    id: "target-not-found",
    aliases: ["target-404"],
    layer: "targets",
    title: "A target has its metrics elsewhere",
    matches: /HTTP status (404|405)/i,
    explanation: "it serves nothing under that path",
    fix: "Set metrics_path of that job (or prometheus.io/path) to where the metrics are, or take the annotation away.",
    keys: ["metrics_path", "prometheus.io/path"],
  },
  {
    id: "target-timeout",
    aliases: ["target-unreachable"],
    layer: "targets",
    title: "A target doesn't answer in time",
    keys: ["scrape_timeout", "networkPolicy"],
    variants: [
      {
        matches: /context deadline exceeded|i\/o timeout|Client\.Timeout/i,
        explanation: "it does not answer",
        fix: "Check whether a network policy or firewall drops the packets; if the target is only slow, raise scrape_timeout (at most scrape_interval).",
      },
      {
        matches: /no route to host|network is unreachable|host is down/i,
        explanation: "it does not answer, since the pod network has no route to it",
        fix: "Check the CNI's pods, the node's routes, and whether a network policy or firewall rejects the packets.",
      },
    ],
  },
  {
    id: "target-limit",
    aliases: ["target-too-large"],
    layer: "targets",
    title: "A target exceeds a limit of its job",
    matches: /limit exceeded/i,
    explanation: "it has more than its job allows, and nothing of it is kept",
    fix: "Raise the limit that is named (sample_limit, body_size_limit, label_limit), or drop what is not needed with metric_relabel_configs.",
    keys: ["sample_limit", "body_size_limit", "label_limit", "target_limit"],
  },
  {
    id: "target-error",
    aliases: ["target-http"],
    layer: "targets",
    title: "A target answers with an error",
    matches: /HTTP status \d+/i,
    explanation: "it responds with an error",
    fix: "Read the target's log.",
    keys: annotationKeys,
  },
  {
    id: "target-down",
    layer: "targets",
    title: "A target can't be scraped",
    keys: annotationKeys,
    sureness: "likely",
    variants: [
      {
        matches: /\bEOF$|connection reset by peer/,
        explanation: "it closes the connection without a response; it may expect TLS",
        fix: "Compare scheme and port of that job with what the target serves, and read its log.",
      },
      {
        explanation: "it can't be scraped",
        fix: "Request the target's metrics from a pod of its namespace, and read its log.",
      },
    ],
  },
];

/**
 * Explains why a scrape failed.
 * @param error the target's last error, as Prometheus reports it; may be empty
 * @param url the URL that was scraped
 */
export function explainScrapeError(error: string, url = ""): { id: string; cause: string; fix: string } {
  const { id, explanation: cause, fix } = matchScrapeError(error, url);
  return { id, cause, fix };
}

/** Returns the failure that a target's last error reports. The last entry of the catalogue matches any error. */
export function matchScrapeError(error: string, url: string): MatchedFailure {
  const failure = matchFailure(scrapeFailures, extractReason(error), url);
  if (failure === undefined) throw new Error(`no explanation of the scrape error ${error}`);
  return failure;
}

/** Returns the error without the URL in front of it: `Get "http://10.42.0.7:9100/metrics": EOF` becomes `EOF`. */
export function extractReason(lastError: string): string {
  return lastError.replace(/^(Get|Post) "[^"]*": /, "") || "down, without an error";
}
