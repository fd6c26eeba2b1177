package main

import (
	"context"
	"sync"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
)

// runNetworkPolicies runs kube-router's network policy controller, as k3s does: it waits until the node is initialized,
// makes the chains KUBE-ROUTER-*, and for each policy ipsets KUBE-SRC-* and KUBE-DST-*. It removes nothing at its end.
func (s *supervisor) runNetworkPolicies(ctx context.Context, kube kubernetes.Interface) {
	if !s.waitForInitializedNode(ctx, kube) {
		return
	}
	config := options.NewKubeRouterConfig()
	config.ClusterIPCIDRs = []string{s.c.serviceCIDR}
	config.EnableIPv4 = true
	config.NodePortRange = "30000:32767"
	config.HostnameOverride = s.c.nodeName
	config.RunFirewall = true

	iptables, ipsets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		s.logf("warning", "Skipping network policy controller start, ipset unavailable: %v", err) // k3s carries an ipset of its own
		return
	}
	factory := informers.NewSharedInformerFactory(kube, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	controller, err := netpol.NewNetworkPolicyController(kube, config, pods, policies, namespaces, &sync.Mutex{}, iptables, ipsets)
	if err != nil {
		s.logf("error", "unable to initialize network policy controller: %v", err)
		return
	}
	_, _ = pods.AddEventHandler(controller.PodEventHandler) // these fail only once the informer has stopped
	_, _ = namespaces.AddEventHandler(controller.NamespaceEventHandler)
	_, _ = policies.AddEventHandler(controller.NetworkPolicyEventHandler)

	heartbeats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range heartbeats { // nobody asks for the controller's health
		}
	}()
	s.mark("Starting network policy controller")
	var group sync.WaitGroup
	group.Add(1)
	controller.Run(heartbeats, ctx.Done(), &group)
}

// waitForInitializedNode returns false if the server ends before the cloud controller's taint is gone.
func (s *supervisor) waitForInitializedNode(ctx context.Context, kube kubernetes.Interface) bool {
	for {
		node, err := kube.CoreV1().Nodes().Get(ctx, s.c.nodeName, metav1.GetOptions{})
		if err == nil && len(without(node.Spec.Taints, uninitialized)) == len(node.Spec.Taints) {
			return true
		}
		if !sleepUntil(ctx, time.Now().Add(networkPolicyEvery)) {
			return false
		}
	}
}
