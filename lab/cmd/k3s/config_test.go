package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// parse runs parseConfig over config files of its own.
func parse(t *testing.T, files map[string]string, args ...string) (*config, error) {
	t.Helper()
	main := filepath.Join(t.TempDir(), "config.yaml")
	for name, text := range files {
		if err := writeFile(filepath.Join(filepath.Dir(main), name), strings.NewReader(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return parseConfig(append([]string{"--config", main, "--node-ip=192.0.2.1"}, args...))
}

func TestCommandLineWinsOverFiles(t *testing.T) {
	c, err := parse(t, map[string]string{"config.yaml": "node-name: file\ndata-dir: /file\n"}, "--node-name=line")
	if err != nil || c.nodeName != "line" || c.dataDir != "/file" {
		t.Fatalf("%+v, %v", c, err)
	}
}

func TestDropInsReplaceOrAppend(t *testing.T) {
	c, err := parse(t, map[string]string{
		"config.yaml":          "kubelet-arg: [a=1]\ndisable: traefik\nnode-label: [x=1]\n",
		"config.yaml.d/1.yaml": "kubelet-arg+: [b=2]\nnode-label: [y=2]\n",
	}, "--disable=servicelb,foo", "--kubelet-arg", "c=3,4")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ got, want []string }{
		{c.kubeletArgs, []string{"a=1", "b=2", "c=3,4"}},
		{c.nodeLabels, []string{"y=2"}},
		{c.disable, []string{"traefik", "servicelb", "foo"}},
	} {
		if !reflect.DeepEqual(want.got, want.want) {
			t.Errorf("got %q, want %q", want.got, want.want)
		}
	}
}

func TestUnknownKeyIsAWarningUnknownFlagAnError(t *testing.T) {
	c, err := parse(t, map[string]string{"config.yaml": "bogus-key: true\n"})
	if err != nil || len(c.warnings) != 1 || c.warnings[0] != "Unknown flag --bogus-key found in config.yaml, skipping" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := parse(t, nil, "--bogus"); err == nil || err.Error() != "flag provided but not defined: -bogus" {
		t.Errorf("error: %v", err)
	} else if _, ok := err.(usageError); !ok {
		t.Errorf("%T is no usageError", err)
	}
}

func TestEveryGenuineFlagIsDeclaredOnce(t *testing.T) {
	serverFlags(&config{}) // panics on a flag that is declared twice
	if _, err := parse(t, nil, "--flannel-backend=none", "--snapshotter", "native", "--debug", "--log=x", "--disable-helm-controller"); err != nil {
		t.Error(err)
	}
}

func TestBadFileNamesItself(t *testing.T) {
	_, err := parse(t, map[string]string{"config.yaml": "a: [\n"})
	if err == nil || !strings.Contains(err.Error(), "config.yaml") {
		t.Errorf("error: %v", err)
	}
}

func TestRegistries(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registries.yaml")
	text := `mirrors:
  docker.io: {endpoint: ["http://203.0.113.1:5000/v2/docker.io", "https://other.test"]}
  quay.io: {endpoint: ["http://203.0.113.1:5000"], rewrite: {"^(.*)$": "quay.io/$1"}}
  "*": {endpoint: ["http://any.test"]}
configs:
  other.test: {auth: {username: u, password: p}, tls: {insecure_skip_verify: true}}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := readRegistries(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "certs.d")
	if err := r.writeHosts(dir, false, func(w string) { t.Errorf("warning: %s", w) }); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string][]string{
		"docker.io": {`server = "https://registry-1.docker.io/v2"`, "[host.\"http://203.0.113.1:5000/v2/docker.io\"]\n  capabilities = [\"pull\", \"resolve\"]\n  override_path = true",
			"[host.\"https://other.test/v2\"]\n  capabilities = [\"pull\", \"resolve\"]\n  skip_verify = true"},
		"quay.io":  {"[host.\"http://203.0.113.1:5000/v2/quay.io\"]", "override_path = true"},
		"_default": {`[host."http://any.test/v2"]`},
	} {
		b, err := os.ReadFile(filepath.Join(dir, host, "hosts.toml"))
		if err != nil {
			t.Error(err)
		}
		for _, w := range want {
			if !strings.Contains(string(b), w) {
				t.Errorf("%s: no %q in\n%s", host, w, b)
			}
		}
	}
	if a := r.authToml(); !strings.Contains(a, `registry.configs."other.test".auth`) || !strings.Contains(a, `username = "u"`) {
		t.Errorf("auth: %s", a)
	}
}

func TestOtherRewritesAreSaid(t *testing.T) {
	r := &registries{}
	r.Mirrors = map[string]struct {
		Endpoints []string          `json:"endpoint"`
		Rewrites  map[string]string `json:"rewrite"`
	}{"docker.io": {[]string{"http://x.test"}, map[string]string{"^rancher/(.*)": "mine/$1"}}}
	warned := 0
	if _, err := r.hostsToml("docker.io", true, func(string) { warned++ }); err != nil || warned != 1 {
		t.Errorf("%d warnings, %v", warned, err)
	}
}

func TestReasonIsTheComponentsError(t *testing.T) {
	l := &tail{to: &strings.Builder{}}
	l.Write([]byte("E1 run.go:72] \"command failed\" err=\"failed to validate: \\\"x\\\"\"\n"))
	if got := l.reason(nil); got != `failed to validate: "x"` {
		t.Error(got)
	}
}
