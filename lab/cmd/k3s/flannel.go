package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const subnetFile = "/run/flannel/subnet.env"

// flannelConflist is what k3s writes for flannel's CNI plugin.
const flannelConflist = `{
  "name":"cbr0",
  "cniVersion":"1.0.0",
  "plugins":[
    {"type":"flannel","delegate":{"hairpinMode":true,"forceAddress":true,"isDefaultGateway":true}},
    {"type":"portmap","capabilities":{"portMappings":true}},
    {"type":"bandwidth","capabilities":{"bandwidth":true}}
  ]
}
`

// writeCNIConfig writes the conflist that lets the node become Ready, unless another network is to be installed.
func (s *supervisor) writeCNIConfig() error {
	if s.c.flannelBackend == "none" {
		return nil
	}
	conf := flannelConflist
	if s.c.flannelCNIConf != "" {
		b, err := os.ReadFile(s.c.flannelCNIConf)
		if err != nil {
			return err
		}
		conf = string(b)
	}
	return writeFile(s.c.path("agent/etc/cni/net.d/10-flannel.conflist"), strings.NewReader(conf), 0o600)
}

// runFlannel does what flannel's daemon leaves on a single node: its link, its rules and, last, the subnet file without
// which no pod starts. A file that is there already is overwritten, as flannel does.
func (s *supervisor) runFlannel(ctx context.Context, kube kubernetes.Interface) {
	if s.c.flannelBackend == "none" {
		return
	}
	podCIDR := waitForPodCIDR(ctx, kube, s.c.nodeName)
	select {
	case <-ctx.Done():
		return
	case <-time.After(flannelDelay):
	}
	if podCIDR == "" {
		return
	}
	iface, err := flannelInterface(s.c.flannelIface)
	if err != nil {
		s.died <- fmt.Errorf("flannel exited: %w", err)
		return
	}
	mtu, gateway := iface.MTU, nthIP(podCIDR, 1).String()
	if s.c.flannelBackend != "host-gw" {
		mtu -= 50 // the tunnel's head room
		s.flannelLink(podCIDR, mtu)
	}
	if err := s.flannelRules(podCIDR); err != nil {
		s.logf("error", "flannel: iptables: %v", err)
	}
	_, bits, _ := strings.Cut(podCIDR, "/")
	content := fmt.Sprintf("FLANNEL_NETWORK=%s\nFLANNEL_SUBNET=%s/%s\nFLANNEL_MTU=%d\nFLANNEL_IPMASQ=true\n", s.c.clusterCIDR, gateway, bits, mtu)
	if err := writeFile(subnetFile, strings.NewReader(content), 0o644); err != nil {
		s.logf("error", "flannel: %v", err)
		return
	}
	s.mark("Wrote flannel subnet file to " + subnetFile)
}

// flannelInterface returns the link that is named, else the default route's; flannel looks at routes of IPv4 only.
func flannelInterface(name string) (*net.Interface, error) {
	if name != "" {
		return net.InterfaceByName(name)
	}
	out, err := exec.Command("ip", "-4", "route", "show", "default").Output()
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(out))
	for i, field := range fields {
		if field == "dev" && i+1 < len(fields) {
			return net.InterfaceByName(fields[i+1])
		}
	}
	return nil, errors.New("failed to get default interface: unable to find default route")
}

// waitForPodCIDR returns the node's pod network once the node is Ready; empty when the server ends before.
func waitForPodCIDR(ctx context.Context, kube kubernetes.Interface, name string) string {
	for ctx.Err() == nil {
		node, err := kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err == nil && node.Spec.PodCIDR != "" && nodeReady(node) {
			return node.Spec.PodCIDR
		}
		time.Sleep(200 * time.Millisecond)
	}
	return ""
}

func nodeReady(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// flannelLink makes flannel.1. There is no other node to reach through it, so a kernel without vxlan is no hindrance.
func (s *supervisor) flannelLink(podCIDR string, mtu int) {
	address, _, _ := strings.Cut(podCIDR, "/")
	for _, args := range []string{
		"link add flannel.1 type vxlan id 1 local " + s.c.nodeIP + " dstport 8472 nolearning",
		fmt.Sprintf("link set flannel.1 mtu %d up", mtu),
		"addr replace " + address + "/32 dev flannel.1",
	} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil && !strings.Contains(string(out), "File exists") {
			s.logf("warning", "flannel: ip %s: %s", args, strings.TrimSpace(string(out)))
			return
		}
	}
}

// flannelRules writes flannel's chains, with its names and comments.
func (s *supervisor) flannelRules(podCIDR string) error {
	if exec.Command("iptables", "-w", "-t", "nat", "-S", "FLANNEL-POSTRTG").Run() == nil {
		return nil // a start before this one made them
	}
	const masq, forward = `-m comment --comment "flanneld masq"`, `-m comment --comment "flanneld forward"`
	rules := strings.NewReplacer("{NET}", s.c.clusterCIDR, "{SUBNET}", podCIDR, "{MASQ}", masq, "{FORW}", forward).Replace(`*nat
:FLANNEL-POSTRTG - [0:0]
-A POSTROUTING {MASQ} -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 {MASQ} -j RETURN
-A FLANNEL-POSTRTG -s {SUBNET} -d {NET} {MASQ} -j RETURN
-A FLANNEL-POSTRTG -s {NET} -d {SUBNET} {MASQ} -j RETURN
-A FLANNEL-POSTRTG ! -s {NET} -d {SUBNET} {MASQ} -j RETURN
-A FLANNEL-POSTRTG -s {NET} ! -d 224.0.0.0/4 {MASQ} -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s {NET} -d {NET} {MASQ} -j MASQUERADE --random-fully
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD {FORW} -j FLANNEL-FWD
-A FLANNEL-FWD -s {NET} {FORW} -j ACCEPT
-A FLANNEL-FWD -d {NET} {FORW} -j ACCEPT
COMMIT
`)
	cmd := exec.Command("iptables-restore", "-w", "--noflush")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
