/** The two examples of the guide in one file, its placeholders turned into references. */
export const guideReceivers = `receivers:
  - name: 'slack'
    slack_configs:
      - api_url: '\${SLACK_WEBHOOK_URL}'
        channel: '#alerts'
        title: 'Kubernetes Alert'
        text: '{{ range .Alerts }}{{ .Annotations.description }}{{ end }}'
  - name: 'email'
    email_configs:
      - to: 'ops-team@example.com'
        from: 'alertmanager@k3s.local'
        smarthost: 'smtp.gmail.com:587'
        auth_username: 'your-email@gmail.com'
        auth_password: '\${file:smtp-password}'
`;

/** Its rules. */
export const guideRules = `groups:
  - name: custom-rules
    rules:
      - alert: HighPodMemory
        expr: sum(container_memory_usage_bytes) by (pod) / 1024 / 1024 > 500
        for: 5m
        labels:
          severity: warning
        annotations:
          description: "Pod {{ $labels.pod }} is using {{ $value }}MB of memory"

      - alert: PodCrashLooping
        expr: rate(kube_pod_container_status_restarts_total[15m]) > 0
        for: 5m
        labels:
          severity: critical
        annotations:
          description: "Pod {{ $labels.pod }} is crash looping"
`;
