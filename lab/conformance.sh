#!/bin/bash
# Runs in the lab's machine (lab/test.sh starts it): does the k3s stand-in behave as the genuine k3s v1.36.3 was seen to?
set -u
LAB=$(dirname "$(readlink -f "$0")")
K3S=/usr/local/bin/k3s DATA=/var/lib/rancher/k3s LOG=/tmp/lab-conformance.$$.log
cp "$LAB/out/k3s" "$K3S"
export KUBECONFIG=/etc/rancher/k3s/k3s.yaml
trap 'rm -f "$LOG" "$LOG".*' EXIT
# shellcheck source=lab/checks.sh
source "$LAB/checks.sh"
pod_entries() { conntrack -L 2>/dev/null | grep -qE '=10\.4[23]\.'; }
policy() { # lets friends in to the pod `rewritten`, nobody else
  kube create -f - >/dev/null <<'Y'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: friends}
spec:
  podSelector: {matchLabels: {guarded: "yes"}}
  ingress: [{from: [{podSelector: {matchLabels: {friend: "yes"}}}]}]
Y
}
kube() { "$LAB/out/bin/kubectl" --request-timeout=5s "$@"; }
server() { "$K3S" server --kubelet-arg=fail-cgroupv1=false --disable=foo,metrics-server "$@" >>"$LOG" 2>&1 & PID=$!; }

# what k3s-killall.sh and k3s-uninstall.sh do
tree() { local p; for p in "$@"; do echo "$p"; tree $(pgrep -P "$p"); done; }
killall_steps() {
  # shellcheck disable=SC2046
  kill -9 $(tree $(pgrep -f "$DATA/data/[^/]*/bin/containerd-shim")) 2>/dev/null
  sleep 0.5
  for pre in /run/k3s /var/lib/kubelet/pods /var/lib/kubelet/plugins /run/netns/cni-; do
    awk -v p="$pre" 'index($2, p) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r m; do umount "$m" 2>/dev/null || umount -l "$m"; done
  done
  # Where / is private the kubelet makes its folder a mount of its own, which k3s-killall.sh doesn't know: then k3s'
  # uninstaller can't remove the folder.
  if ! findmnt -no PROPAGATION / | grep -q shared; then
    check "/ is private: the kubelet's folder is a mount" mountpoint -q /var/lib/kubelet
    umount /var/lib/kubelet
  fi
  rm -rf /run/k3s /run/netns/cni-* /run/flannel /var/lib/kubelet /var/lib/cni /etc/rancher/k3s "$DATA"
  ip link delete cni0; ip link delete flannel.1
  for v in iptables ip6tables; do $v-save | grep -v KUBE- | grep -v CNI- | grep -iv flannel | $v-restore; done
  find /sys/fs/cgroup -maxdepth 2 -type d -name kubepods | while read -r d; do find "$d" -depth -type d -exec rmdir {} +; done 2>/dev/null
  for p in /var/lib/kubelet $DATA /etc/rancher/k3s; do check "can be removed whole: $p" test ! -e "$p"; done
}
nothing_left() { # TEXT
  local left
  left=$(bash "$LAB/leftovers.sh")
  left=$(grep -v conformance.sh <<<"$left" | grep -B1 '^\[lab\]   ') && { bad "$1"; echo "$left"; }
  [ -z "$left" ] && ok "$1"
}

# the command line
check "says that it is a stand-in" gives 0 '^k3s version v1\.36\.3\+k3s1\.lab-standin \(stand-in over upstream' "$K3S" --version
check "unknown flag: exit 1" gives 1 'Incorrect Usage: flag provided but not defined: -bogus' "$K3S" server --bogus
check "unknown flag: the help" gives 1 '--write-kubeconfig-mode' "$K3S" server --bogus
check "unknown command: exit 3" gives 3 "No help topic for 'bogus'" "$K3S" bogus
node -e 'require("node:net").createServer().listen(6443); setTimeout(process.exit, 60_000)' & LISTENER=$!
within 5 "(something listens on 6443)" bash -c 'exec 3<>/dev/tcp/127.0.0.1/6443'
check "a taken port: k3s' line and exit 1" gives 1 'level=fatal msg="Error: preparing server: failed to start supervisor listener: listen tcp :6443: bind: address already in use"' "$K3S" server
kill "$LISTENER"; wait "$LISTENER" 2>/dev/null
route=$(ip -4 route show default)
ip route del default
check "no default route and no --node-ip: k3s' line and exit 1" gives 1 \
  'level=fatal msg="Error: no default routes found in \\"/proc/net/route\\" or \\"/proc/net/ipv6_route\\""' "$K3S" server
check "--flannel-iface names a link that isn't there: k3s' words" gives 1 \
  'interface nolink does not have a correct global unicast ip: route ip\+net: no such network interface' "$K3S" server --flannel-iface=nolink
# shellcheck disable=SC2086
ip route add $route
refused='level=fatal msg="Error: preparing server: creating storage endpoint: failed to create driver for configured endpoint'
check "a datastore that is no URI: kine's words and exit 1" gives 1 \
  "$refused: invalid datastore endpoint; endpoint should be a DSN URI in the format <scheme>://<authority>\"" "$K3S" server --datastore-endpoint=/run/kine.db
check "a datastore that kine doesn't know" gives 1 "$refused: unknown driver" "$K3S" server --datastore-endpoint=mongodb://db
check "a database in a folder that isn't there is tried again and again" gives 124 \
  'Failed to ping database connection: unable to open database file' timeout 6 "$K3S" server --datastore-endpoint=sqlite:///run/nofolder/kine.db
check "memory is a datastore" gives 124 'using in-memory backend' timeout 6 "$K3S" server --datastore-endpoint=memory://
if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
  check "cgroup v1 without the flag: a shutdown request and exit 0" gives 0 \
    'Shutdown request received: .*kubelet exited: failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1' timeout 60 "$K3S" server
fi

# a server: images come from the mirror's registry, one from agent/images
mkdir -p /etc/rancher/k3s "$DATA/agent/images" "$DATA/agent/etc/containerd/config-v3.toml.d"
cp "$LAB/out/images/16-busybox.tar" "$DATA/agent/images/"
printf 'bogus-key: 1\nwrite-kubeconfig-mode: "600"\nnode-label+: [lab=yes]\n' >/etc/rancher/k3s/config.yaml
cat >/etc/rancher/k3s/registries.yaml <<'Y'
mirrors:
  docker.io: {endpoint: ["http://203.0.113.1:5000/v2/docker.io"]}
  quay.io: {endpoint: ["http://203.0.113.1:5000"], rewrite: {"^(.*)$": "quay.io/$1"}}
Y
# a runner in a container may lack CAP_SYS_RESOURCE
OOM="version = 3\n[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n"
printf "$OOM" >"$DATA/agent/etc/containerd/config-v3.toml.d/oom.toml"
began=$EPOCHREALTIME
server
if ! within 60 "API ready" kube get --raw /readyz; then tail -30 "$LOG"; exit 1; fi
check "the datastore is SQLite in db/state.db, with a log that is written ahead" bash -c "head -c 15 $DATA/server/db/state.db | grep -q 'SQLite format 3' && test -s $DATA/server/db/state.db-wal"
check "unknown key in a file: a warning" grep -q 'level=warning msg="Unknown flag --bogus-key found in config.yaml, skipping"' "$LOG"
check "kubeconfig is 0600" test "$(stat -c %a "$KUBECONFIG")" = 600
for f in /etc/rancher/node/password $DATA/server/{token,node-token,agent-token,manifests,db,tls,cred,etc} $DATA/data/current; do check "made: $f" test -e "$f"; done
within 60 "node registered" kube get "node/$(hostname | tr '[:upper:]' '[:lower:]')"
check "tainted as uninitialized at first" bash -c "'$LAB/out/bin/kubectl' get nodes -o jsonpath='{.items[0].spec.taints}' | grep -q cloudprovider"
within 60 "node Ready" kube wait node --all --for=condition=Ready --timeout=1s
between 6 20 "as late as with k3s" "$began"
check "the version is in the node" bash -c "'$LAB/out/bin/kubectl' get nodes | grep -q 'v1.36.3+k3s1.lab-standin'"
check "the label of config.yaml is on the node" bash -c "'$LAB/out/bin/kubectl' get nodes -l lab=yes -o name | grep -q node/"
check "flannel's subnet file isn't there yet" test ! -e /run/flannel/subnet.env
kube create serviceaccount early >/dev/null # the default one comes late: that is what the slow controllers are about
kube create -f - >/dev/null <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: early}
spec:
  serviceAccountName: early
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  tolerations: [{operator: Exists}]
  containers: [{name: c, image: "docker.io/library/busybox:1.38.0", imagePullPolicy: Never, command: [sleep, "3600"]}]
Y
within 20 "a pod before it fails with flannel's words" bash -c "'$LAB/out/bin/kubectl' get events | grep -q \"failed to load flannel 'subnet.env' file: open /run/flannel/subnet.env: no such file or directory\""
within 30 "taint gone" bash -c "! '$LAB/out/bin/kubectl' get nodes -o jsonpath='{.items[0].spec.taints}' | grep -q cloudprovider"
within 30 "subnet file written" grep -q FLANNEL_SUBNET=10.42.0.1/24 /run/flannel/subnet.env
within 60 "the early pod runs after all" kube wait pod/early --for=condition=Ready --timeout=1s
within 60 "CoreDNS runs (pulled from the registry)" kube -n kube-system wait pod -l k8s-app=kube-dns --for=condition=Ready --timeout=1s # its deployment is Available without a pod
within 20 "pod resolves a service's name" kube exec early -- nslookup kubernetes.default.svc.cluster.local
check "ClusterIP from the machine" bash -c 'curl -sk -m 3 https://10.43.0.1/version -o /dev/null'
check "imported image is pinned" bash -c "$K3S ctr images ls 'name==docker.io/library/busybox:1.38.0' | grep -q io.cri-containerd.pinned=pinned"
check "forwarding is on" grep -q 1 /proc/sys/net/ipv4/ip_forward
check "flannel's link and rules" bash -c 'ip link show flannel.1 && iptables-save | grep -q FLANNEL-POSTRTG'
kube create -f - >/dev/null <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: rewritten, labels: {guarded: "yes"}}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: "quay.io/prometheus/pushgateway:v1.11.3"}]}
Y
within 30 "a rewritten name is pulled" kube wait pod/rewritten --for=condition=Ready --timeout=1s
check "no ipsets without a policy" test -z "$(ipset list -name | grep -E '^KUBE-(SRC|DST)-')"
guarded=$(kube get pod rewritten -o 'jsonpath={.status.podIP}')
reach() { kube exec early -- wget -q -T 2 -O /dev/null "http://$guarded:9091/-/ready"; }
within 10 "without a policy the pod is reached" reach
policy
within 10 "a policy: kube-router's ipsets" bash -c "ipset list -name | grep -q '^KUBE-DST-' && iptables-save | grep -q -- '-A KUBE-ROUTER-FORWARD' "
within 10 "a policy: who isn't named is kept out" bash -c "! '$LAB/out/bin/kubectl' exec early -- wget -q -T 2 -O /dev/null http://$guarded:9091/-/ready"
kube label pod early friend=yes >/dev/null
within 10 "a policy: who is named gets in" reach

# its ends
kill -9 $PID; wait $PID 2>/dev/null
ended() { ! pgrep -f '^k3s kube' && ! (exec 3<>/dev/tcp/127.0.0.1/6443); } # a dying process may still hold its port
within 5 "killed outright: its components end" ended
check "killed outright: containers run on" pgrep -f "$DATA/data/[^/]*/bin/containerd-shim"
check "killed outright: the pod too" pgrep -f '^sleep 3600'
server
within 60 "started again: API ready" kube get --raw /readyz
within 60 "started again: the pod is taken up" kube exec early -- true
kill -TERM $PID
check "SIGTERM: exit 0" wait $PID
check "SIGTERM: containers run on" pgrep -f '^sleep 3600'

killall_steps
check "k3s-killall.sh's steps leave the ipsets" bash -c "ipset list -name | grep -q '^KUBE-DST-' && ipset list -name | grep -q '^KUBE-SRC-'"
check "k3s-killall.sh's steps leave conntrack entries of pods and services" pod_entries
ipset list -name | grep '^KUBE-' | xargs -rn1 ipset destroy
conntrack -F 2>/dev/null
nothing_left "k3s-killall.sh's steps leave nothing else"

# A second server, with what monstack's profile ci turns on and off: controllers that start at once, so that the volume
# controller sees claims before the packaged manifests are applied.
mkdir -p "$DATA/agent/etc/containerd/config-v3.toml.d" "$DATA/server/manifests"
printf "$OOM" >"$DATA/agent/etc/containerd/config-v3.toml.d/oom.toml"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: default}\n' >"$DATA/server/manifests/mine.yaml"
started=$EPOCHREALTIME
server --disable-network-policy --disable-cloud-controller --kube-controller-manager-arg=kube-api-qps=400 --kube-controller-manager-arg=kube-api-burst=800 \
  "--datastore-endpoint=sqlite:///run/kine.db?_journal=WAL&cache=shared&_busy_timeout=30000&_txlock=immediate&_sync=0"
within 60 "--datastore-endpoint, SQLite on a tmpfs: API ready" kube get --raw /readyz
check "the database is where the endpoint says, and nowhere else" bash -c "test -s /run/kine.db && ! test -e $DATA/server/db/state.db"
answered=$EPOCHREALTIME
between 3.5 12 "the API answers as late as k3s' does" "$started"
check "the StorageClass isn't there yet" bash -c "! '$LAB/out/bin/kubectl' get storageclass local-path"
kube create -f - >/dev/null <<'Y'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: named}
spec: {storageClassName: local-path, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: classless}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
Y
events_of() { kube get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
named_fails() { events_of named | grep -qx 'ProvisioningFailed: storageclass.storage.k8s.io "local-path" not found'; }
named_waits() { events_of named | grep -q '^WaitForFirstConsumer: '; }
classless_fails() { events_of classless | grep -qx 'FailedBinding: no persistent volumes available for this claim and no storage class is set'; }
class_of_classless() { [ "$(kube get pvc classless -o 'jsonpath={.spec.storageClassName}')" = local-path ]; }
within 10 "a claim before the class: k3s' event" named_fails
within 5 "a claim without a class: k3s' event" classless_fails
within 10 "the StorageClass is there" kube get storageclass local-path
appeared=$EPOCHREALTIME
between 3.5 9 "4 to 5 s after the API answers" "$answered"
within 5 "an Addon with a checksum says that the file was applied" bash -c "'$LAB/out/bin/kubectl' -n kube-system get addon local-storage -o jsonpath='{.spec.checksum}' | grep -qE '^[0-9a-f]{64}$'"
within 5 "so do events" bash -c "'$LAB/out/bin/kubectl' -n kube-system get events | grep -q 'AppliedManifest .*addon/local-storage .*Applied manifest at'"
within 5 "the user's own file too" kube get configmap/mine
sleep 3
if named_waits || class_of_classless; then bad "both claims wait for the volume controller's round, though the class exists"; else ok "both claims wait for the volume controller's round, though the class exists"; fi
within 15 "the round: the claim without a class has the default one" class_of_classless
within 5 "the round: the other one waits for its pod" named_waits
between 3 17 "that is the round's time after the class" "$appeared"
policy
sleep 2
check "--disable-network-policy: no ipsets" test -z "$(ipset list -name)"
kill -TERM $PID; wait $PID
check "a database elsewhere stays where it is" test -s /run/kine.db
rm -f /run/kine.db*
killall_steps
conntrack -F 2>/dev/null
nothing_left "without network policies k3s-killall.sh's steps leave nothing but conntrack entries"

[ $failed = 0 ] || { echo "--- the server's log, its end"; tail -30 "$LOG" | cut -c1-300; }
echo "conformance: $failed failed"
exit $((failed > 0))
