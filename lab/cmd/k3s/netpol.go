package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"os/exec"
	"sort"
	"strings"
	"time"

	networking "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// runNetworkPolicies leaves on the host what k3s' network policy controller (kube-router's) leaves there, once the
// cluster has a NetworkPolicy: two ipsets and a chain for each policy, and the chains in which they hang. It enforces
// nothing: the chains only mark. Nothing is removed when k3s ends, as with the genuine one.
func (s *supervisor) runNetworkPolicies(ctx context.Context, kube kubernetes.Interface) {
	if s.c.noNetworkPolicy {
		return
	}
	last := ""
	for notBefore(ctx, time.Now().Add(2*time.Second)) {
		policies, err := kube.NetworkingV1().NetworkPolicies("").List(ctx, metav1.ListOptions{})
		if err != nil || len(policies.Items) == 0 {
			continue
		}
		sets, rules := s.policyRules(ctx, kube, policies.Items)
		if sets+rules == last {
			continue
		}
		if err := restore("ipset", sets, "restore", "-exist"); err != nil {
			s.logf("error", "Failed to sync network policies: %v", err)
			continue
		}
		if err := restore("iptables-restore", rules, "--noflush"); err != nil {
			s.logf("error", "Failed to sync network policies: %v", err)
			continue
		}
		last = sets + rules
	}
}

// policyRules returns what `ipset restore` and `iptables-restore --noflush` take.
func (s *supervisor) policyRules(ctx context.Context, kube kubernetes.Interface, policies []networking.NetworkPolicy) (sets, rules string) {
	var ipsets, chains, marks strings.Builder
	for _, name := range []string{"INPUT", "FORWARD", "OUTPUT"} {
		fmt.Fprintf(&chains, ":KUBE-ROUTER-%s - [0:0]\n", name)
	}
	for _, policy := range policies {
		id := policy.Namespace + "/" + policy.Name
		destination, origin, chain := routerName("KUBE-DST-", id), routerName("KUBE-SRC-", id), routerName("KUBE-NWPLCY-", id)
		selected, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		if err != nil {
			continue
		}
		pods, err := kube.CoreV1().Pods(policy.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selected.String()})
		if err != nil {
			continue
		}
		for _, set := range []string{destination, origin} {
			fmt.Fprintf(&ipsets, "create %s hash:ip family inet hashsize 1024 maxelem 65536 timeout 0\n", set)
		}
		addresses := []string{}
		for _, pod := range pods.Items {
			if pod.Status.PodIP != "" && !pod.Spec.HostNetwork {
				addresses = append(addresses, pod.Status.PodIP)
			}
		}
		sort.Strings(addresses)
		for _, address := range addresses {
			fmt.Fprintf(&ipsets, "add %s %s timeout 0\n", destination, address)
		}
		fmt.Fprintf(&chains, ":%s - [0:0]\n", chain)
		fmt.Fprintf(&marks, "-A %s -m set --match-set %s src -m set --match-set %s dst -j MARK --set-xmark 0x10000/0x10000\n", chain, origin, destination)
		fmt.Fprintf(&marks, "-A KUBE-ROUTER-FORWARD -j %s\n", chain)
	}
	// The jumps are there once: a chain that is declared is emptied, the built-in ones are not.
	for _, name := range []string{"INPUT", "FORWARD", "OUTPUT"} {
		jump := []string{name, "-m", "comment", "--comment", "kube-router netpol", "-j", "KUBE-ROUTER-" + name}
		if exec.CommandContext(ctx, "iptables", append([]string{"-C"}, jump...)...).Run() != nil {
			fmt.Fprintf(&marks, "-I %s 1 -m comment --comment \"kube-router netpol\" -j KUBE-ROUTER-%s\n", name, name)
		}
	}
	return ipsets.String(), "*filter\n" + chains.String() + marks.String() + "COMMIT\n"
}

// routerName is kube-router's way to name a chain or set: 16 characters of a hash behind the prefix.
func routerName(prefix, id string) string {
	sum := sha256.Sum256([]byte(prefix + id))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:16]
}

func restore(program, text string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stdin = bytes.NewReader([]byte(text))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(string(out)))
	}
	return nil
}
