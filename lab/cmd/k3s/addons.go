package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// addonDefinition is the part of k3s' definition that readers rely on: group, names, spec.source and spec.checksum.
const addonDefinition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: addons.k3s.cattle.io}
spec:
  group: k3s.cattle.io
  names: {kind: Addon, listKind: AddonList, plural: addons, singular: addon}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Source, type: string, jsonPath: .spec.source}
    - {name: Checksum, type: string, jsonPath: .spec.checksum}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              source: {type: string, nullable: true}
              checksum: {type: string, nullable: true}
`

var addonResource = schema.GroupVersionResource{Group: "k3s.cattle.io", Version: "v1", Resource: "addons"}

// addons keeps k3s' record of what its deploy controller did: an Addon in kube-system for each file, whose checksum is
// set once the file is applied, and events about it.
type addons struct {
	objects dynamic.NamespaceableResourceInterface
	kube    kubernetes.Interface
}

func newAddons(cfg *rest.Config) (*addons, error) {
	kube, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	objects, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	return &addons{objects.Resource(addonResource), kube}, nil
}

// getOrCreate returns the Addon of a file. Its name is the file's up to the first dot.
func (a *addons) getOrCreate(ctx context.Context, file string) (*unstructured.Unstructured, error) {
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	inSystem := a.objects.Namespace(metav1.NamespaceSystem)
	addon, err := inSystem.Get(ctx, name, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return addon, err
	}
	return inSystem.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "k3s.cattle.io/v1", "kind": "Addon",
		"metadata": map[string]any{"name": name, "namespace": metav1.NamespaceSystem},
		"spec":     map[string]any{"source": file},
	}}, metav1.CreateOptions{})
}

// setChecksum records that this content was applied.
func (a *addons) setChecksum(ctx context.Context, addon *unstructured.Unstructured, file string, content []byte) error {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"source": file, "checksum": checksumOf(content)}})
	if err != nil {
		return err
	}
	_, err = a.objects.Namespace(metav1.NamespaceSystem).Patch(ctx, addon.GetName(), types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

func checksumOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// event writes an event about an Addon. One that can't be written is no reason to stop.
func (a *addons) event(ctx context.Context, addon *unstructured.Unstructured, kind, reason, message string) {
	now := metav1.Now()
	_, _ = a.kube.CoreV1().Events(metav1.NamespaceSystem).Create(ctx, &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: addon.GetName() + ".", Namespace: metav1.NamespaceSystem},
		InvolvedObject: corev1.ObjectReference{APIVersion: "k3s.cattle.io/v1", Kind: "Addon", Namespace: metav1.NamespaceSystem,
			Name: addon.GetName(), UID: addon.GetUID(), ResourceVersion: addon.GetResourceVersion()},
		Type: kind, Reason: reason, Message: message, Count: 1, FirstTimestamp: now, LastTimestamp: now,
		Source: corev1.EventSource{Component: "deploy"}, ReportingController: "deploy",
	}, metav1.CreateOptions{})
}

// defineAddons registers the Addon definition and waits until it is served; false if the server ends before.
func (s *supervisor) defineAddons(ctx context.Context, a *addons) bool {
	for {
		out, err := s.kubectlApply(ctx, []byte(addonDefinition))
		if err == nil {
			break
		}
		s.logf("error", "defining addons: %v: %s", err, out)
		if !sleepUntil(ctx, time.Now().Add(time.Second)) {
			return false
		}
	}
	for {
		if _, err := a.objects.List(ctx, metav1.ListOptions{Limit: 1}); err == nil {
			return true
		}
		if !sleepUntil(ctx, time.Now().Add(100*time.Millisecond)) {
			return false
		}
	}
}
