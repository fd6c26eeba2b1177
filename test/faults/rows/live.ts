import { type LiveFault, nodeAddress } from "../fault.ts";

const restartGrafana =
  "$KUBECTL -n monitoring rollout restart deployment grafana; $KUBECTL -n monitoring rollout status deployment grafana --timeout=90s";
const renameDatasource = (from: string, to: string) =>
  `$KUBECTL -n monitoring get configmap grafana -o yaml | sed 's#http://${from}#http://${to}#' | $KUBECTL apply -f -; ${restartGrafana}`;
const setPassword = (password: string) =>
  `$KUBECTL -n monitoring patch secret grafana -p '{"stringData":{"admin-password":"'"${password}"'"}}'; ${restartGrafana}`;

/** A service with a scrape annotation, and what is behind it. */
function annotated(name: string, annotations: string, address: string, port: number): string {
  return `$KUBECTL apply -f - <<'Y'
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default, annotations: {prometheus.io/scrape: "true"${annotations}}}
spec: {clusterIP: None, ports: [{name: http, port: ${port}}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, namespace: default, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: http, port: ${port}}]
endpoints: [{addresses: ["${address}"], conditions: {ready: true}}]
Y`;
}

export const live: readonly LiveFault[] = [
  {
    what: "kube-state-metrics scaled away",
    breaks: "$KUBECTL -n monitoring scale deployment prometheus-kube-state-metrics --replicas=0",
    fixes:
      "$KUBECTL -n monitoring scale deployment prometheus-kube-state-metrics --replicas=1; $KUBECTL -n monitoring rollout status deployment prometheus-kube-state-metrics --timeout=60s",
    cause: "workload-short",
    says: /prometheus-kube-state-metrics/,
    ci: "e2e",
  },
  {
    what: "Prometheus' rights taken away",
    // Until the next scrape, two seconds at most, nothing has changed for Prometheus: a quick verification would be right to pass.
    breaks:
      "$KUBECTL get clusterrolebinding prometheus-server -o yaml > /tmp/binding.yaml; $KUBECTL delete clusterrolebinding prometheus-server; sleep 3",
    fixes: "$KUBECTL apply -f /tmp/binding.yaml; sleep 3",
    cause: "rbac-denied",
    says: /system:serviceaccount:monitoring:prometheus-server/,
  },
  {
    what: "the cluster's DNS gone",
    // What is connected stays connected: a Grafana that starts now has to ask for Prometheus' name.
    breaks: `$KUBECTL -n kube-system scale deployment coredns --replicas=0; $KUBECTL -n kube-system wait pod -l k8s-app=kube-dns --for=delete --timeout=60s; ${restartGrafana}`,
    fixes: `$KUBECTL -n kube-system scale deployment coredns --replicas=1; $KUBECTL -n kube-system rollout status deployment coredns --timeout=60s; ${restartGrafana}`,
    // A request that hangs is seen when its time is up: 5 s each for the first observation and for the one that confirms it.
    visibleAfter: 10,
    cause: "dns-down",
    says: /CoreDNS|coredns/,
  },
  {
    what: "a datasource that leads elsewhere now",
    breaks: renameDatasource("prometheus-server", "prometheus-old"),
    fixes: renameDatasource("prometheus-old", "prometheus-server"),
    cause: "datasource-wrong-url",
    says: /prometheus-old/,
  },
  {
    what: "an administrator's password from before",
    breaks: setPassword("from-before"),
    fixes: setPassword("$PASSWORD"),
    cause: "grafana-login-refused",
    says: /401/,
  },
  {
    what: "a scrape annotation with the wrong port",
    breaks: annotated("wrong-port", ', prometheus.io/port: "9"', nodeAddress, 9100),
    fixes:
      "$KUBECTL delete service,endpointslice -n default wrong-port wrong-port-1 --ignore-not-found; sleep 3",
    cause: "target-refused",
    says: /wrong-port|:9\b/,
    ci: "e2e",
  },
  {
    what: "a scrape annotation with the wrong path",
    breaks: annotated("wrong-path", ', prometheus.io/path: "/nothing"', nodeAddress, 9100),
    fixes:
      "$KUBECTL delete service,endpointslice -n default wrong-path wrong-path-1 --ignore-not-found; sleep 3",
    cause: "target-not-found",
    says: /404/,
  },
  {
    what: "a target that the network drops",
    breaks: `iptables -I FORWARD -p tcp --dport 8080 -j DROP; iptables -I INPUT -p tcp --dport 9100 -j DROP; sleep 6`,
    fixes: `iptables -D FORWARD -p tcp --dport 8080 -j DROP; iptables -D INPUT -p tcp --dport 9100 -j DROP; sleep 3`,
    cause: "target-timeout",
    says: /9100/,
  },
  {
    what: "a Prometheus that is gone",
    breaks:
      "$KUBECTL -n monitoring scale deployment prometheus-server --replicas=0; $KUBECTL -n monitoring wait pod -l app.kubernetes.io/component=server --for=delete --timeout=60s",
    fixes:
      "$KUBECTL -n monitoring scale deployment prometheus-server --replicas=1; $KUBECTL -n monitoring rollout status deployment prometheus-server --timeout=90s; sleep 5",
    cause: "workload-short",
    says: /prometheus-server/,
  },
  {
    what: "an alert that fires",
    breaks: `$KUBECTL -n monitoring get configmap prometheus-server -o json > /tmp/cm.json; ${process.execPath} -e '
const fs = require("fs"); const cm = JSON.parse(fs.readFileSync("/tmp/cm.json"));
cm.data["alerts"] = JSON.stringify({groups: [{name: "mine", interval: "1s", rules: [{alert: "DiskOnFire", expr: "vector(1)", annotations: {description: "it burns"}}]}]});
fs.writeFileSync("/tmp/cm2.json", JSON.stringify(cm));'; $KUBECTL apply -f /tmp/cm2.json; $KUBECTL -n monitoring annotate pods -l app.kubernetes.io/component=server touched=$(date +%s) --overwrite; for i in $(seq 60); do curl -s http://localhost:9090/api/v1/alerts | grep -q DiskOnFire && break; sleep 1.5; done`,
    fixes: `$KUBECTL replace --force -f /tmp/cm.json; $KUBECTL -n monitoring annotate pods -l app.kubernetes.io/component=server touched=$(date +%s) --overwrite; for i in $(seq 60); do curl -s http://localhost:9090/api/v1/alerts | grep -q DiskOnFire || break; sleep 1.5; done`,
    cause: "alert-firing",
    says: /DiskOnFire/,
  },
];
