package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// list is a flag that may be given several times.
type list struct {
	to    *[]string
	comma bool // one value may name several, separated by commas
}

func (l list) String() string { return "" }

func (l list) Set(v string) error {
	if !l.comma {
		*l.to = append(*l.to, v)
		return nil
	}
	for _, e := range strings.Split(v, ",") {
		if e = strings.TrimSpace(e); e != "" {
			*l.to = append(*l.to, e)
		}
	}
	return nil
}

// serverFlags declares the flags of `k3s server`: those that do something here, and the rest of the genuine ones, which
// are accepted because an installer passes them. Go's own flag package is what k3s' parser is built on, so `-x`, `--x`
// and the wording of mistakes come out the same.
func serverFlags(c *config) *flag.FlagSet {
	fs := flag.NewFlagSet("k3s server", flag.ContinueOnError)
	host, _ := os.Hostname()
	str := func(to *string, value, usage string, names ...string) {
		for _, n := range names {
			fs.StringVar(to, n, value, usage)
		}
	}
	str(&c.dataDir, env("K3S_DATA_DIR", "/var/lib/rancher/k3s"), "folder to hold state", "data-dir", "d")
	str(&c.kubeconfig, env("K3S_KUBECONFIG_OUTPUT", "/etc/rancher/k3s/k3s.yaml"), "write kubeconfig for admin client to this file", "write-kubeconfig", "o")
	str(&c.kubeconfigMode, env("K3S_KUBECONFIG_MODE", "600"), "write kubeconfig with this mode", "write-kubeconfig-mode")
	str(&c.nodeName, env("K3S_NODE_NAME", strings.ToLower(host)), "node name", "node-name")
	str(&c.token, env("K3S_TOKEN", ""), "shared secret (written; a single node needs none)", "token", "t")
	str(&c.clusterCIDR, "10.42.0.0/16", "pod network", "cluster-cidr")
	str(&c.serviceCIDR, "10.43.0.0/16", "service network", "service-cidr")
	str(&c.clusterDNS, "10.43.0.10", "address of the DNS service", "cluster-dns")
	str(&c.clusterDomain, "cluster.local", "cluster domain", "cluster-domain")
	str(&c.nodeIP, "", "address to advertise for the node", "node-ip", "i")
	str(&c.pauseImage, pauseImage, "image for pod sandboxes", "pause-image")
	str(&c.registries, "/etc/rancher/k3s/registries.yaml", "private registry configuration file", "private-registry")
	str(&c.resolvConf, env("K3S_RESOLV_CONF", ""), "kubelet's resolv.conf", "resolv-conf")
	str(&c.flannelBackend, "vxlan", "flannel backend: vxlan, host-gw or none (others are taken as vxlan)", "flannel-backend")
	str(&c.flannelCNIConf, "", "CNI configuration to use instead of flannel's", "flannel-cni-conf")
	str(&c.flannelIface, "", "flannel's link, instead of the default route's", "flannel-iface")
	str(&c.datastore, env("K3S_DATASTORE_ENDPOINT", ""), "datastore: sqlite://PATH?PARAMETERS or memory:// (other databases are refused)", "datastore-endpoint")
	str(&c.localStorage, "", "folder for local-path volumes", "default-local-storage-path")
	fs.IntVar(&c.httpsPort, "https-listen-port", 6443, "HTTPS listen port")
	fs.BoolVar(&c.noCloudController, "disable-cloud-controller", false, "no cloud controller: nodes are initialized at once")
	fs.BoolVar(&c.noNetworkPolicy, "disable-network-policy", false, "no network policy controller")
	fs.BoolVar(&c.noDefaultEndpoint, "disable-default-registry-endpoint", false, "don't fall back to a registry's own endpoint when it has a mirror")
	fs.BoolVar(&c.debug, "debug", os.Getenv("K3S_DEBUG") == "true", "debug logs")
	fs.Var(list{&c.disable, true}, "disable", "packaged components not to deploy (coredns, local-storage, metrics-server; others are accepted)")
	fs.Var(list{&c.tlsSANs, true}, "tls-san", "further names for the serving certificate")
	for name, to := range map[string]*[]string{
		"kubelet-arg": &c.kubeletArgs, "kube-apiserver-arg": &c.apiserverArgs, "kube-controller-manager-arg": &c.controllerArgs,
		"kube-scheduler-arg": &c.schedulerArgs, "kube-proxy-arg": &c.proxyArgs, "node-label": &c.nodeLabels, "node-taint": &c.nodeTaints,
	} {
		fs.Var(list{to, false}, name, "may be given several times (name=value)")
	}
	for _, n := range acceptedBools {
		fs.Bool(n, false, "accepted, does nothing here")
	}
	var ignored []string
	for _, n := range acceptedValues {
		fs.Var(list{&ignored, false}, n, "accepted, does nothing here")
	}
	return fs
}

var acceptedBools = strings.Fields(`alsologtostderr flannel-ipv6-masq flannel-external-ip cluster-init cluster-reset kine-tls
	etcd-expose-metrics etcd-disable-snapshots etcd-snapshot-compress etcd-s3 etcd-s3-skip-ssl-verify etcd-s3-insecure disable-scheduler
	disable-kube-proxy disable-helm-controller disable-apiserver disable-controller-manager disable-etcd
	embedded-registry supervisor-metrics with-node-id docker nonroot-devices protect-kernel-defaults secrets-encryption enable-pprof
	rootless prefer-bundled-bin selinux tls-san-security`)

var acceptedValues = strings.Fields(`config c v vmodule log l bind-address supervisor-port apiserver-port apiserver-bind-address
	advertise-address advertise-port service-node-port-range egress-selector-mode servicelb-namespace write-kubeconfig-group
	helm-job-image token-file agent-token agent-token-file server s cluster-reset-restore-path etcd-arg
	kube-cloud-controller-manager-arg datastore-cafile datastore-certfile datastore-keyfile etcd-snapshot-name
	etcd-snapshot-schedule-cron etcd-snapshot-reconcile-interval etcd-snapshot-retention etcd-snapshot-dir etcd-s3-endpoint
	etcd-s3-endpoint-ca etcd-s3-access-key etcd-s3-secret-key etcd-s3-bucket etcd-s3-region etcd-s3-folder etcd-s3-proxy
	etcd-s3-config-secret etcd-s3-timeout image-credential-provider-bin-dir image-credential-provider-config
	container-runtime-endpoint default-runtime image-service-endpoint snapshotter system-default-registry node-external-ip
	node-internal-dns node-external-dns flannel-conf vpn-auth vpn-auth-file secrets-encryption-provider lb-server-port`)

// printHelp prints the flags of `k3s server`.
func printHelp(w io.Writer) {
	fmt.Fprintf(w, "NAME:\n   k3s server - Run management server\n\nUSAGE:\n   k3s server [OPTIONS]\n\nOPTIONS:\n")
	serverFlags(&config{}).VisitAll(func(f *flag.Flag) {
		dashes := "--"
		if len(f.Name) == 1 {
			dashes = "-"
		}
		fmt.Fprintf(w, "   %-44s %s\n", dashes+f.Name+" value", f.Usage)
	})
}
