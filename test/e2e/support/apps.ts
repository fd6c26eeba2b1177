/** Every setting that is held against the live stack. */
export const effectiveSettings = `retention: 30d
retention-size: 2GB
storage: {prometheus: 3Gi, alertmanager: 100Mi, grafana: 1Gi}
storage-class: local-path
scrape-interval: 5s
scrape-timeout: 4s
evaluation-interval: 6s
resources:
  prometheus: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 1Gi}}
  grafana: {limits: {memory: 512Mi}}
  kube-state-metrics: {requests: {memory: 32Mi}, limits: {memory: 256Mi}}
`;

/** The default stack with a volume for each of its parts that can have one, as monstack.yaml. */
export const persistentApps = `apps:
  prometheus:
    values:
      server: {persistentVolume: {enabled: true, size: 3Gi}}
      alertmanager: {persistence: {enabled: true, size: 100Mi}}
  grafana:
    values:
      persistence: {enabled: true, size: 1Gi}
`;
