package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func TestFilesFollowTheLabelledObjects(t *testing.T) {
	t.Setenv("NAMESPACE", "ALL")
	t.Setenv("RESOURCE", "both")
	t.Setenv("LABEL", "grafana_datasource")
	t.Setenv("LABEL_VALUE", "1")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	folder, changed := t.TempDir(), make(chan struct{}, 1)
	labels := map[string]string{"grafana_datasource": "1"}
	source := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "x", Labels: labels}, Data: map[string]string{"datasource.yaml": "one"}}
	client := fake.NewClientset(source)
	if err := follow(ctx, client, folder, changed); err != nil {
		t.Fatal(err)
	}
	next := func() {
		t.Helper()
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing changed")
		}
	}
	next()
	read := func(name string) string { b, _ := os.ReadFile(filepath.Join(folder, name)); return string(b) }
	if got := read("datasource.yaml"); got != "one" {
		t.Errorf("got %q", got)
	}
	source.Data = map[string]string{"other.yaml": "two"}
	if _, err := client.CoreV1().ConfigMaps("x").Update(ctx, source, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	next()
	if got := read("other.yaml"); got != "two" {
		t.Errorf("got %q", got)
	}
	if got := read("datasource.yaml"); got != "" {
		t.Errorf("the old file is still there: %q", got)
	}
}
