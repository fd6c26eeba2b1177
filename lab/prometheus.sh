# Prometheus, Alertmanager and their exporters, built from the modules that prometheus/go.mod names. Sourced by build.sh.
# They have a go.mod of their own: they keep the dependencies that upstream builds them with, and a change of version does
# not compile Kubernetes again.

# upstream's own two, then the service discoveries beside static, file and http: the code of all the others takes minutes
readonly PROMETHEUS_TAGS=netgo,builtinassets,remove_all_sd,enable_kubernetes_sd,enable_dns_sd
readonly PROMETHEUS=github.com/prometheus

prometheus_family() {
  local version=$PROMETHEUS/common/version
  (cd prometheus && go mod download $PROMETHEUS/prometheus $PROMETHEUS/alertmanager) # compares them with go.sum
  copy_module prometheus add_prometheus_page
  copy_module alertmanager add_alertmanager_page
  cp prometheus/go.mod .cache/prometheus.mod && cp prometheus/go.sum .cache/prometheus.sum
  go mod edit -replace="$PROMETHEUS/prometheus=../.cache/prometheus" -replace="$PROMETHEUS/alertmanager=../.cache/alertmanager" .cache/prometheus.mod
  step "sources of Prometheus and Alertmanager"
  local GO_DIR=prometheus GOFLAGS="$GOFLAGS -modfile=$LAB/.cache/prometheus.mod -tags=$PROMETHEUS_TAGS" release
  release=$(module_version prometheus | sed -E 's/^0\.30?/3./') # the module v0.314.0 is the release v3.14.0
  gobuild <<END
out/bin/prometheus $PROMETHEUS/prometheus/cmd/prometheus -X $version.Version=$release
out/bin/alertmanager $PROMETHEUS/alertmanager/cmd/alertmanager -X $version.Version=$(module_version alertmanager)
out/bin/node_exporter $PROMETHEUS/node_exporter -X $version.Version=$(module_version node_exporter)
out/bin/pushgateway $PROMETHEUS/pushgateway -X $version.Version=$(module_version pushgateway)
$([ "$PARTS" = core ] || cat <<MORE
out/bin/promtool $PROMETHEUS/prometheus/cmd/promtool -X $version.Version=$release
out/bin/amtool $PROMETHEUS/alertmanager/cmd/amtool -X $version.Version=$(module_version alertmanager)
MORE
)
END
  step "Prometheus, Alertmanager and their exporters"
}

module_version() { awk -v module="$PROMETHEUS/$1" '$1 == module && $2 ~ /^v/ { print substr($2, 2) }' prometheus/go.mod; }

# copy_module NAME ADD: a copy of the module's source in .cache/NAME, where ADD puts the page that embed expects.
copy_module() {
  local source stamp
  source=$(cd prometheus && go list -m -f '{{.Dir}}' "$PROMETHEUS/$1")
  stamp="$source $(cat prometheus/ui.html prometheus.sh | sha256sum)"
  [ "$(cat ".cache/$1.done" 2>/dev/null)" != "$stamp" ] || return 0
  rm -rf ".cache/$1" ".cache/$1.done"
  cp -r --no-preserve=mode "$source" ".cache/$1"
  "$2" ".cache/$1"
  echo "$stamp" >".cache/$1.done"
}

add_prometheus_page() {
  local ui=$1/web/ui
  rm -r "$ui"/{mantine-ui,module,react-app} # what the pages are compiled from
  install -D -m 644 prometheus/ui.html "$ui/static/mantine-ui/index.html"
  { cat "$ui/embed.go.tmpl" && printf '//go:embed static\nvar EmbedFS embed.FS\n'; } >"$ui/embed.go"
}

# Alertmanager serves compressed files alone: brotli to whoever accepts it, gzip to others.
add_alertmanager_page() {
  local dist=$1/ui/app/dist
  install -D -m 644 prometheus/ui.html "$dist/index.html"
  install -m 644 "$1/ui/app/public/favicon.ico" "$dist/"
  rm -r "$1/ui/mantine-ui" "$1/ui/app/src" "$1/ui/app/tests"
  node -e 'const zlib = require("node:zlib"), fs = require("node:fs");
    for (const file of process.argv.slice(1)) {
      fs.writeFileSync(`${file}.gz`, zlib.gzipSync(fs.readFileSync(file)));
      fs.writeFileSync(`${file}.br`, zlib.brotliCompressSync(fs.readFileSync(file)));
    }' "$dist"/*
}
