/** An app that is a second Prometheus in a namespace of its own, which scrapes itself only. */
export const secondPrometheus = (labels: string, job: string) => `  source:
    chart: prometheus-community/prometheus
    version: 29.27.0
    namespace: other
    release: source
    values:
      alertmanager: {enabled: false}
      kube-state-metrics: {enabled: false}
      prometheus-node-exporter: {enabled: false}
      prometheus-pushgateway: {enabled: false}
      server:
        extraFlags: [web.enable-lifecycle, web.enable-remote-write-receiver]
        global: {scrape_interval: 2s, scrape_timeout: 2s${labels}}
      scrapeConfigs:
        prometheus: {job_name: ${job}}
        kubernetes-api-servers: {enabled: false}
        kubernetes-nodes: {enabled: false}
        kubernetes-nodes-cadvisor: {enabled: false}
        kubernetes-service-endpoints: {enabled: false}
        kubernetes-service-endpoints-slow: {enabled: false}
        kubernetes-pods: {enabled: false}
        kubernetes-pods-slow: {enabled: false}
        kubernetes-services: {enabled: false}
        prometheus-pushgateway: {enabled: false}
`;
const address = "source-prometheus-server.other.svc.cluster.local";

/**
 * monstack.yaml with a second Prometheus that is source and store. What this server sent to it has the label that the source's
 * own series lack: it is not taken back.
 * @param external `, external_labels: {...}` of the source
 * @param job name of the job with which it scrapes itself
 * @param path of its address for remote write
 */
export const federation = (external: string, job: string, path: string) => `apps:
${secondPrometheus(external, job)}federate:
  - targets: ["${address}:80"]
    match: ['{job="${job}",cluster=""}', 'prometheus_build_info{cluster=""}']
    interval: 2s
remote-write:
  - name: long-term
    url: http://${address}${path}
    bearer-token-env: STORE_TOKEN
`;
