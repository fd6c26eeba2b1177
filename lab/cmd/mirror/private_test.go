package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

func TestThePrivateHostWantsItsLogin(t *testing.T) {
	hosts := t.TempDir()
	for _, name := range []string{privateHost + "/private/index.yaml", "get.helm.sh/helm.tgz"} {
		if err := write(filepath.Join(hosts, name), []byte("entries: {}\n")); err != nil {
			t.Fatal(err)
		}
	}
	web := httptest.NewServer(newMirror(hosts, http.NotFoundHandler(), func() error { return nil }).web())
	t.Cleanup(web.Close)
	for _, c := range []struct {
		path, user, password string
		want                 int
	}{
		{"/charts.example.com/private/index.yaml", "", "", 401},
		{"/charts.example.com/private/index.yaml", privateUser, "wrong", 401},
		{"/get.helm.sh/../charts.example.com/private/index.yaml", "", "", 401},
		{"//charts.example.com/private/index.yaml", "", "", 401},
		{"/charts.example.com", "", "", 401},
		{"/charts.example.com/private/index.yaml", privateUser, privatePassword, 200},
		{"/get.helm.sh/helm.tgz", "", "", 200},
		{"/get.helm.sh/helm.tgz", privateUser, "wrong", 200},
	} {
		request, _ := http.NewRequest(http.MethodGet, web.URL+c.path, nil)
		if c.user != "" {
			request.SetBasicAuth(c.user, c.password)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s as %q: %d, want %d", c.path, c.user, answer.StatusCode, c.want)
		}
	}
}
