#!/bin/bash
# The stack as guides set it up by hand, for benchmarks: k3s with its defaults, wait for the node, `helm install --wait` of
# one chart after the other with the charts' default values, port-forward, and queries until all four of the document have
# data. Runs in a machine of the lab with LAB_ROOT_PROPAGATION=shared; prints the seconds at which each step was done, as JSON.
#   todays-way.sh              the stack
#   todays-way.sh cluster      only the cluster
#   todays-way.sh install RELEASE NAMESPACE CHART [HELM'S ARGUMENTS]   in a cluster that is up; prints seconds and helm's last line
set -euo pipefail
LAB=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
readonly MIRROR=http://203.0.113.1 DATA=/var/lib/rancher/k3s HELM_VERSION=v4.2.3 K3S_VERSION=v1.36.3+k3s1
export KUBECONFIG=/etc/rancher/k3s/k3s.yaml
declare -A CHARTS=(
  [prometheus]=github.com/prometheus-community/helm-charts/releases/download/prometheus-29.27.0/prometheus-29.27.0.tgz
  [grafana]=github.com/grafana-community/helm-charts/releases/download/grafana-12.11.1/grafana-12.11.1.tgz
)
steps=""
began=$EPOCHREALTIME
seconds() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }
step() { steps+="${steps:+, }\"$1\": $(seconds "$began")"; }

# What a machine of the lab wants of any k3s (cgroup v1, no CAP_SYS_RESOURCE, no internet); all else as k3s has it.
prepare() {
  local r
  mkdir -p $DATA/agent/etc/containerd/config-v3.toml.d /etc/rancher/k3s
  printf "version = 3\n[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n" >$DATA/agent/etc/containerd/config-v3.toml.d/oom.toml
  echo mirrors: >/etc/rancher/k3s/registries.yaml
  for r in docker.io quay.io registry.k8s.io; do
    echo "  $r: { endpoint: [\"$MIRROR:5000/v2/$r\"] }" >>/etc/rancher/k3s/registries.yaml
  done
}

cluster() {
  prepare
  curl -sf -o /usr/local/bin/k3s "$MIRROR/github.com/k3s-io/k3s/releases/download/$K3S_VERSION/k3s"
  chmod 755 /usr/local/bin/k3s
  step k3s
  setsid k3s server --kubelet-arg=fail-cgroupv1=false >/var/lib/rancher/k3s.log 2>&1 </dev/null &
  until k3s kubectl get nodes 2>/dev/null | grep -q .; do sleep 1; done
  k3s kubectl wait --for=condition=Ready node --all --timeout=120s >&2
  step node
}

fetch_helm() {
  curl -sf "$MIRROR/get.helm.sh/helm-$HELM_VERSION-linux-amd64.tar.gz" | tar -xz -C /usr/local/bin --strip-components=1 linux-amd64/helm
  local chart
  for chart in "${!CHARTS[@]}"; do curl -sf -o "/tmp/todays-$chart.tgz" "$MIRROR/${CHARTS[$chart]}"; done
}

install() { # RELEASE NAMESPACE CHART ...
  local release=$1 namespace=$2 chart=$3
  shift 3
  helm install "$release" "/tmp/todays-$chart.tgz" --namespace "$namespace" --create-namespace --wait "$@"
}

readonly QUERIES=(
  'sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)'
  'sum(container_memory_usage_bytes) by (pod)'
  'kube_pod_status_phase{namespace="monitoring"}'
  '100 - (avg by (instance) (irate(node_cpu_seconds_total{mode="idle"}[5m])) * 100)'
)
wait_for_data() {
  local query
  k3s kubectl port-forward -n monitoring svc/prometheus-server 9090:80 >/dev/null 2>&1 &
  for query in "${QUERIES[@]}"; do
    until curl -sf -m 5 --get --data-urlencode "query=$query" http://localhost:9090/api/v1/query | grep -q '"value"'; do sleep 1; done
  done
}

case ${1:-stack} in
  stack)
    cluster
    fetch_helm
    install prometheus monitoring prometheus >&2
    step prometheus
    install grafana monitoring grafana >&2
    step grafana
    wait_for_data
    step data
    ;;
  cluster)
    cluster
    fetch_helm
    step helm
    ;;
  install)
    shift
    last=$(install "$@" 2>&1 | tail -1) && code=0 || code=$?
    steps="\"seconds\": $(seconds "$began"), \"exitCode\": $code, \"last\": $(printf %s "$last" | node -p 'JSON.stringify(require("fs").readFileSync(0,"utf8"))')"
    ;;
  *) echo "unknown: $1" >&2 && exit 64 ;;
esac
echo "{$steps}"
