import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const deployment = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: my-app
          image: quay.io/prometheus/pushgateway:v1.11.3
          ports: [{name: http, containerPort: 9091}]
          readinessProbe: {httpGet: {path: /-/ready, port: http}, periodSeconds: 1}
`;

/** An application with metrics, as a chart of its own: a Service whose port is called `metrics`, and a worker without one. */
const template = `${deployment("my-app")}---
${deployment("my-worker")}---
apiVersion: v1
kind: Service
metadata: {name: my-app, labels: {app: my-app}}
spec:
  selector: {app: my-app}
  ports: [{name: metrics, port: 9091, targetPort: http}]
`;

/** The document's, letter by letter. */
export const myAppMonitor = `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: my-app-monitor
  namespace: monitoring
spec:
  selector:
    matchLabels:
      app: my-app
  endpoints:
  - port: metrics
    interval: 30s
`;

const myWorkerMonitor = `apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: my-worker, namespace: monitoring}
spec:
  selector: {matchLabels: {app: my-worker}}
  podMetricsEndpoints: [{port: http, interval: 5s}]
`;

const myAppRules = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: my-app-rules, namespace: monitoring}
spec:
  groups:
    - name: my-app
      rules:
        - {record: "my_app:up", expr: 'sum(up{job="my-app"})'}
`;

/** Puts the application's chart, its monitors and its rules into a folder. */
export async function writeMyApp(folder: string): Promise<void> {
  await mkdir(join(folder, "my-app", "templates"), { recursive: true });
  await writeFile(join(folder, "my-app", "Chart.yaml"), "apiVersion: v2\nname: my-app\nversion: 0.1.0\n");
  await writeFile(join(folder, "my-app", "templates", "app.yaml"), template);
  await writeFile(join(folder, "my-app-monitor.yaml"), myAppMonitor);
  await writeFile(join(folder, "my-worker-monitor.yaml"), myWorkerMonitor);
  await writeFile(join(folder, "my-app-rules.yaml"), myAppRules);
}
