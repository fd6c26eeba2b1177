package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const subnetEnv = "FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.0.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"

func TestNoSubnetFile(t *testing.T) {
	err := add(netConf{SubnetFile: "/nonexistent/subnet.env"}, filepath.Join(t.TempDir(), "x"))
	if err == nil || !strings.HasPrefix(err.Error(), "failed to load flannel 'subnet.env' file: open /nonexistent/subnet.env: no such file or directory") {
		t.Error(err)
	}
}

func TestBridgeGetsSubnetAndDelegate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "subnet.env")
	if err := os.WriteFile(file, []byte(subnetEnv), 0o600); err != nil {
		t.Fatal(err)
	}
	env, err := readSubnetFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(bridgeConf(netConf{Name: "cbr0", CNIVersion: "1.0.0", Delegate: map[string]any{"hairpinMode": true}}, env))
	want := `{"cniVersion":"1.0.0","hairpinMode":true,"ipMasq":false,"ipam":{"ranges":[[{"subnet":"10.42.0.0/24"}]],"routes":[{"dst":"10.42.0.0/16"}],"type":"host-local"},"isGateway":true,"mtu":1450,"name":"cbr0","type":"bridge"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHalfASubnetFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "subnet.env")
	if err := os.WriteFile(file, []byte("FLANNEL_NETWORK=10.42.0.0/16\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readSubnetFile(file); err == nil || !strings.Contains(err.Error(), "FLANNEL_SUBNET") {
		t.Error(err)
	}
}

func TestDeletingWhatWasNeverAdded(t *testing.T) {
	t.Setenv("CNI_CONTAINERID", "never")
	in := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(in, []byte(`{"dataDir":"`+t.TempDir()+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer func(old *os.File) { os.Stdin = old }(os.Stdin)
	os.Stdin = f
	if err := run("DEL"); err != nil {
		t.Error(err)
	}
}
