// Command flannel is a CNI plugin with the behaviour of flannel's own: it reads the subnet file that flannel's daemon
// leaves, and has the bridge plugin do the work. Until that file is there every pod fails, as with the genuine one.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const defaultSubnetFile = "/run/flannel/subnet.env"

// netConf is what stands in the conflist for the plugin.
type netConf struct {
	CNIVersion    string         `json:"cniVersion"`
	Name          string         `json:"name"`
	SubnetFile    string         `json:"subnetFile"`
	DataDir       string         `json:"dataDir"`
	Delegate      map[string]any `json:"delegate"`
	RuntimeConfig map[string]any `json:"runtimeConfig,omitempty"`
}

func main() {
	if err := run(os.Getenv("CNI_COMMAND")); err != nil {
		var delegated *exec.ExitError
		if !errors.As(err, &delegated) { // the bridge plugin has printed its own error
			out, _ := json.Marshal(map[string]any{"cniVersion": "1.0.0", "code": 999, "msg": err.Error()})
			fmt.Println(string(out))
		}
		os.Exit(1)
	}
}

func run(command string) error {
	if command == "VERSION" {
		fmt.Println(`{"cniVersion":"1.0.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0"]}`)
		return nil
	}
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	conf := netConf{SubnetFile: defaultSubnetFile, DataDir: "/var/lib/cni/flannel"}
	if err := json.Unmarshal(in, &conf); err != nil {
		return fmt.Errorf("failed to load netconf: %w", err)
	}
	saved := filepath.Join(conf.DataDir, filepath.Base(os.Getenv("CNI_CONTAINERID")))
	switch command {
	case "ADD":
		return add(conf, saved)
	case "DEL":
		bridge, err := os.ReadFile(saved)
		if os.IsNotExist(err) { // never added, or deleted already: DEL must not fail
			return nil
		} else if err != nil {
			return err
		}
		if err := delegate(bridge); err != nil {
			return err
		}
		return os.Remove(saved)
	case "CHECK":
		bridge, err := os.ReadFile(saved)
		if err != nil {
			return err
		}
		return delegate(bridge)
	}
	return nil // GC and STATUS have nothing to do
}

func add(conf netConf, saved string) error {
	env, err := readSubnetFile(conf.SubnetFile)
	if err != nil {
		return fmt.Errorf("failed to load flannel 'subnet.env' file: %w. Check the flannel pod log for this node.", err)
	}
	bridge, err := json.Marshal(bridgeConf(conf, env))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(conf.DataDir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(saved, bridge, 0o600); err != nil {
		return err
	}
	return delegate(bridge)
}

// readSubnetFile reads FLANNEL_NETWORK, FLANNEL_SUBNET, FLANNEL_MTU and FLANNEL_IPMASQ.
func readSubnetFile(file string) (map[string]string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for _, line := range strings.Split(string(b), "\n") {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			env[k] = v
		}
	}
	for _, k := range []string{"FLANNEL_NETWORK", "FLANNEL_SUBNET", "FLANNEL_MTU", "FLANNEL_IPMASQ"} {
		if env[k] == "" {
			return nil, fmt.Errorf("%s is missing %s", file, k)
		}
	}
	return env, nil
}

// bridgeConf is the bridge plugin's configuration, put together as flannel does.
func bridgeConf(conf netConf, env map[string]string) map[string]any {
	mtu, _ := strconv.Atoi(env["FLANNEL_MTU"])
	subnet := env["FLANNEL_SUBNET"] // the node's address in it (10.42.0.1/24); host-local wants the network (10.42.0.0/24)
	if _, network, err := net.ParseCIDR(subnet); err == nil {
		subnet = network.String()
	}
	out := map[string]any{
		"name": conf.Name, "cniVersion": conf.CNIVersion, "type": "bridge", "mtu": mtu, "isGateway": true,
		"ipMasq": env["FLANNEL_IPMASQ"] == "false", // flannel's daemon does it unless told not to
		"ipam": map[string]any{"type": "host-local",
			"ranges": [][]map[string]string{{{"subnet": subnet}}},
			"routes": []map[string]string{{"dst": env["FLANNEL_NETWORK"]}}},
	}
	if conf.RuntimeConfig != nil {
		out["runtimeConfig"] = conf.RuntimeConfig
	}
	for k, v := range conf.Delegate {
		out[k] = v
	}
	return out
}

// delegate runs the bridge plugin with the same environment; its answer is ours.
func delegate(conf []byte) error {
	for _, dir := range filepath.SplitList(os.Getenv("CNI_PATH")) {
		plugin := filepath.Join(dir, "bridge")
		if _, err := os.Stat(plugin); err != nil {
			continue
		}
		cmd := exec.Command(plugin)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(string(conf)), os.Stdout, os.Stderr
		return cmd.Run()
	}
	return errors.New("no bridge plugin in CNI_PATH")
}
