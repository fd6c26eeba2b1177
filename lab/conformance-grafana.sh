#!/bin/bash
# Runs in the lab's machine (lab/test.sh starts it): does the stand-in for Grafana behave as a genuine Grafana 12.4 was seen to,
# or as its source says? It runs outside a cluster, with a genuine Prometheus behind its data source and the mirror's catalogue
# of plugins. The charts are rendered by the genuine helm.
set -u
LAB=$(dirname "$(readlink -f "$0")")
# shellcheck source=lab/checks.sh
source "$LAB/checks.sh"
WORK=$(mktemp -d /var/lib/lab-grafana.XXXX) # an overlay of the machine's; /tmp may be a tmpfs
CATALOG=http://203.0.113.1/grafana.com/api URL=http://127.0.0.1:3000 LOG=$WORK/log PID=
export GF_PATHS_DATA=$WORK/data GF_PATHS_PLUGINS=$WORK/plugins GF_PATHS_PROVISIONING=$WORK/provisioning GF_SECURITY_ADMIN_PASSWORD=secret
trap 'stop; kill $PROMETHEUS 2>/dev/null; rm -rf "$WORK"' EXIT

start() { # VARIABLE=VALUE...: a Grafana with these variables
  began=$EPOCHREALTIME
  env "$@" "$LAB/out/bin/grafana-standin" >"$LOG" 2>&1 </dev/null & PID=$!
}
stop() { if [ -n "$PID" ]; then kill "$PID" 2>/dev/null; wait "$PID" 2>/dev/null; PID=; fi; }
ask() { curl -sS --max-time 20 -u admin:secret "$@"; }
code() { ask -o /dev/null -w '%{http_code}' "$@"; }
location() { ask -o /dev/null -w '%{http_code} %{redirect_url}' "$@"; }
answers() { [ "$(code "$URL/api/health")" = 200 ]; }
refuses() { ! (exec 3<>/dev/tcp/127.0.0.1/3000) 2>/dev/null; }
has_line() { grep -qE -- "$1" "$LOG"; }
query() { ask -H 'Content-Type: application/json' "$URL/api/ds/query" -d '{"queries": [{"refId": "A", "datasource": {"uid": "'"$1"'"}, "expr": "1+1", "instant": true}], "from": "now-5m", "to": "now"}'; }
ends() { wait "$PID"; local got=$?; PID=; [ $got = 1 ]; }

mkdir -p "$WORK/provisioning/datasources" "$GF_PATHS_PLUGINS"
printf 'scrape_configs: []\n' >"$WORK/prometheus.yml"
printf 'basic_auth_users: {lab: "%s"}\n' "\$2y\$05\$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC" >"$WORK/web.yml" # not the password that is sent
prometheus() { "$LAB/out/bin/prometheus" --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/$1" --web.listen-address="127.0.0.1:$1" "${@:2}" >"$WORK/prometheus-$1.log" 2>&1 & }
prometheus 9190; PROMETHEUS=$!
prometheus 9191 --web.config.file="$WORK/web.yml"; PROMETHEUS="$PROMETHEUS $!"
cat >"$WORK/provisioning/datasources/d.yaml" <<'Y'
datasources:
  - {name: Prometheus, type: prometheus, uid: prometheus, url: "http://127.0.0.1:9190", isDefault: true}
  - {name: Locked, type: prometheus, uid: locked, url: "http://127.0.0.1:9191"}
Y

# a fresh database, with plugins of the mirror's catalogue
start GF_PLUGINS_PREINSTALL_SYNC=lab-clock-panel@1.0.0,lab-unsigned-panel GF_GRAFANA_COM_API_URL="$CATALOG"
check "a fresh start refuses connections at first" refuses
within 60 "then its port opens" answers
between 8 30 "8 s after the start at the soonest" "$began"
opened=$EPOCHREALTIME
check "the first query is answered" grep -q '"values":\[\[' <(query prometheus)
between 2.5 20 "3 s after the port opened" "$opened"
check "the log has every migration" test "$(grep -c 'level=info msg="Migration successfully executed"' "$LOG")" = 700
check "its lines are Grafana's" has_line '^logger=migrator t=[0-9TZ:.-]+ level=info msg="migrations completed" performed=700 skipped=0 duration='
check "it says that it is a stand-in" has_line 'This is the STAND-IN of the monstack lab'
check "the listening line" has_line '^logger=http.server .* msg="HTTP Server Listen" address=\[::\]:3000 protocol=http subUrl= socket=$'
check "the provisioned data source" has_line '^logger=provisioning.datasources .* msg="inserting datasource from configuration" name=Prometheus uid=prometheus$'
within 15 "plugins' keys that it cannot fetch" has_line '^logger=plugin.signature.key_retriever .* level=error msg="Error downloading plugin manifest keys" error='
within 15 "a default plugin that it cannot have is a line" has_line '^logger=plugin.backgroundinstaller .* level=error msg="Failed to install plugin" pluginId=grafana-lokiexplore-app version= error='
check "a plugin of the catalogue is installed in its version" grep -q '"version":"1.0.0"' <(ask "$URL/api/plugins/lab-clock-panel/settings")
check "an unsigned one is downloaded" test -e "$GF_PATHS_PLUGINS/lab-unsigned-panel/plugin.json"
check "and not loaded" test "$(code "$URL/api/plugins/lab-unsigned-panel/settings")" = 404
check "a refused data source: 400 of the proxy" test "$(ask -w ' %{http_code}' "$URL/api/datasources/proxy/uid/locked/api/v1/query?query=1")" = "Authentication to data source failed 400"
check "a refused data source: the query's error" grep -q '"error":"unexpected response with status code 401: Unauthorized' <(query locked)
check "a refused data source: its health" test "$(code "$URL/api/datasources/uid/locked/health")" = 400
stop

# the same database again, plugins off
rm -rf "$GF_PATHS_PLUGINS"/*
start GF_PLUGINS_PREINSTALL_DISABLED=true GF_PLUGINS_PREINSTALL_SYNC=lab-clock-panel GF_INSTALL_PLUGINS=lab-clock-panel GF_GRAFANA_COM_API_URL="$CATALOG" \
  GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED=true GF_SERVER_SERVE_FROM_SUB_PATH=true GF_SERVER_ROOT_URL=http://grafana.example.com/grafana/
within 30 "starts again" answers
between 3 7 "sooner on a database that is there" "$began"
check "without a migration" has_line 'msg="migrations completed" performed=0 skipped=700'
check "preinstall_disabled turns off preinstall_sync and GF_INSTALL_PLUGINS" test "$(code "$URL/api/plugins/lab-clock-panel/settings")" = 404
check "a page redirects to root_url" test "$(location "$URL/d/x?y=z")" = "301 http://grafana.example.com/grafana/d/x?y=z"
check "the API answers at the root too" test "$(code "$URL/api/org")" = 200
check "and below the path" test "$(code "$URL/grafana/api/org")" = 200
check "no word of keys when that is off" bash -c "sleep 1; ! grep -q key_retriever '$LOG'"
stop

# GF_INSTALL_PLUGINS_FORCE, and no basic authentication
start GF_PLUGINS_PREINSTALL_DISABLED=true GF_INSTALL_PLUGINS=lab-clock-panel GF_INSTALL_PLUGINS_FORCE=true GF_GRAFANA_COM_API_URL="$CATALOG" GF_AUTH_BASIC_ENABLED=false
within 30 "starts without basic authentication" answers
check "a password is 401" test "$(code "$URL/api/org")" = 401
check "GF_INSTALL_PLUGINS_FORCE installs all the same" test -e "$GF_PATHS_PLUGINS/lab-clock-panel/plugin.json"
stop

# a plugin that must be there, and no way to grafana.com
rm -rf "$GF_PATHS_PLUGINS"/*
start GF_PLUGINS_PREINSTALL_SYNC=lab-clock-panel
check "a plugin that must be there and cannot be had: exit 1" ends
check "with the reason" has_line '^Error: ✗ failed to install plugin lab-clock-panel@: Get "https://grafana.com/api/plugins/lab-clock-panel/versions": dial tcp: lookup grafana.com'

# the charts
rendered() { "$LAB/out/bin/helm" template lab "$LAB/charts/$1" "${@:2}"; }
check "an empty argument of Alertmanager keeps its =" grep -qxE ' +- --cluster.listen-address=' <(rendered prometheus --set-string 'alertmanager.extraArgs.cluster\.listen-address=')
check "an empty argument of Prometheus loses it" grep -qxE ' +- --web.enable-remote-write-receiver' <(rendered prometheus --set-string 'server.extraArgs.web\.enable-remote-write-receiver=')
check "plugins are passed as preinstall_sync" grep -q GF_PLUGINS_PREINSTALL_SYNC <(rendered grafana --set 'plugins={lab-clock-panel}')
check "a volume in memory" grep -q 'medium: Memory' <(rendered grafana --set persistence.inMemory.enabled=true)
downloads=$(rendered grafana --set dashboards.default.x.gnetId=1860,dashboards.default.x.datasource=Prometheus --show-only templates/config.yaml |
  sed -n '/#!\/usr\/bin\/env sh/,/^[a-z-]/p' | sed 's/^    //; /^[a-z-]*:/d; /^---/d' | sed "s#/var/lib/grafana/dashboards#$WORK/boards#")
mkdir -p "$WORK/boards/default"
check "a dashboard that cannot be downloaded: exit 0 ..." sh -c "$downloads"
check "... and an empty file" bash -c "test -e '$WORK/boards/default/x.json' -a ! -s '$WORK/boards/default/x.json'"

[ $failed = 0 ] || { echo "--- the stand-in's log, its end"; grep -v migrator "$LOG" | tail -30 | cut -c1-300; }
echo "conformance of Grafana's stand-in: $failed failed"
exit $((failed > 0))
