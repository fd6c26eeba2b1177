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
