package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAlertingIsWhatTheFilesSay(t *testing.T) {
	s := &server{provisioning: t.TempDir()}
	empty, err := s.readAlerting()
	if err != nil || empty.policy["receiver"] != "grafana-default-email" || len(empty.rules) != 0 {
		t.Fatalf("without files: %v, %v", empty, err)
	}
	dir := filepath.Join(s.provisioning, "alerting")
	write := func(text string) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "own.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("contactPoints: [{name: ops, receivers: [{uid: o, type: webhook}]}]\npolicies: [{receiver: ops}]\ngroups: [{name: g, rules: [{title: Down}]}]\n")
	found, err := s.readAlerting()
	if err != nil || found.policy["receiver"] != "ops" || found.contactPoints[1]["name"] != "ops" || found.rules[0]["ruleGroup"] != "g" {
		t.Fatalf("with a file: %v, %v", found, err)
	}
	write("contactPoints: [{name: ops, receivers: [{type: webhook}]}]\n")
	if _, err := s.readAlerting(); err == nil {
		t.Fatal("a contact point without a uid is accepted")
	}
}
