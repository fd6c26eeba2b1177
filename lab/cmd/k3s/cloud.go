package main

import (
	"context"
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

const uninitialized = "node.cloudprovider.kubernetes.io/uninitialized"

// initializeNode is what is left of k3s' cloud controller: kubelet registers with --cloud-provider=external and so with
// a taint that keeps pods away; this lifts it, as late as the genuine controller does.
func (s *supervisor) initializeNode(ctx context.Context, kube kubernetes.Interface) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(cloudDelay):
	}
	for ctx.Err() == nil {
		if err := liftTaint(ctx, kube, s.c.nodeName); err == nil {
			s.mark("Successfully initialized node " + s.c.nodeName + " with cloud provider")
			return
		}
		time.Sleep(200 * time.Millisecond) // the kubelet has changed the node in between
	}
}

func liftTaint(ctx context.Context, kube kubernetes.Interface, name string) error {
	node, err := kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": node.ResourceVersion},
		"spec":     map[string]any{"taints": without(node.Spec.Taints, uninitialized), "providerID": "k3s://" + name},
	})
	if err != nil {
		return err
	}
	_, err = kube.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

func without(taints []corev1.Taint, key string) []corev1.Taint {
	kept := []corev1.Taint{}
	for _, t := range taints {
		if t.Key != key {
			kept = append(kept, t)
		}
	}
	return kept
}
