package main

import (
	"context"
	"net"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// bringUp starts everything as k3s does, as slowly (pace.go). containerd imports images while the API server starts; the
// kubelet waits for both.
func (s *supervisor) bringUp(ctx context.Context) error {
	images := make(chan error, 1)
	go func() { images <- s.startContainerd(ctx) }()
	if !sleepUntil(ctx, s.began.Add(apiServerFrom)) {
		return nil
	}
	s.startAPIServer()
	cfg, err := clientcmd.BuildConfigFromFlags("", s.cred("admin"))
	if err != nil {
		return err
	}
	cfg.QPS = -1
	kube, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return err
	}
	for {
		if _, err := kube.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
	answered := time.Now()
	s.mark("API server ready")
	s.startControllers()
	go s.deployManifests(ctx, cfg, answered.Add(manifestsAfterAPI))
	if err := <-images; err != nil {
		return err
	}
	if !sleepUntil(ctx, answered.Add(kubeletAfterAPI)) {
		return nil
	}
	setSysctls()
	if err := s.startNode(); err != nil {
		return err
	}
	s.mark("kubelet and kube-proxy started")
	for { // the kubelet may not give itself this label (NodeRestriction)
		patch := []byte(`{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"true"}}}`)
		if _, err := kube.CoreV1().Nodes().Patch(ctx, s.c.nodeName, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.mark("node registered; k3s is up and running")
	go s.runFlannel(ctx, kube)
	if !s.c.noNetworkPolicy {
		go s.runNetworkPolicies(ctx, kube)
	}
	if !s.c.noCloudController {
		go s.initializeNode(ctx, kube)
	}
	return notifySystemd()
}

// sleepUntil returns false if the server ends before.
func sleepUntil(ctx context.Context, at time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(at)):
		return true
	}
}

// notifySystemd says READY=1: k3s's unit has Type=notify.
func notifySystemd() error {
	sock := os.Getenv("NOTIFY_SOCKET")
	if sock == "" {
		return nil
	}
	conn, err := net.Dial("unixgram", sock)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte("READY=1\n"))
	return err
}

// setSysctls sets what k3s sets for its pods' traffic; what isn't there in this kernel is left.
func setSysctls() {
	for _, key := range []string{"net/ipv4/conf/all/forwarding", "net/ipv4/conf/default/forwarding", "net/ipv6/conf/all/forwarding",
		"net/ipv6/conf/default/forwarding", "net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"} {
		_ = os.WriteFile("/proc/sys/"+key, []byte("1"), 0o644)
	}
}
