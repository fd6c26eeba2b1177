package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const manifestPath = "/v2/docker.io/library/busybox/manifests/1.38.0"

// whole answers everything, and fails when a login gets through to it.
func whole(t *testing.T) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the registry behind saw a login")
		}
		_, _ = io.WriteString(w, "pulled")
	})
}

func ask(t *testing.T, url string, set func(*http.Request)) *http.Response {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if set != nil {
		set(request)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestBasicLogin(t *testing.T) {
	server := httptest.NewServer(withBasic(whole(t)))
	defer server.Close()
	for _, c := range []struct {
		user, password string
		status         int
	}{{"", "", 401}, {"lab", "wrong", 401}, {"other", loginPassword, 401}, {"lab", loginPassword, 200}} {
		answer := ask(t, server.URL+manifestPath, func(r *http.Request) {
			if c.user != "" {
				r.SetBasicAuth(c.user, c.password)
			}
		})
		if answer.StatusCode != c.status {
			t.Errorf("%s/%s: %s", c.user, c.password, answer.Status)
		}
		if c.status == 401 && !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: no challenge", c.user)
		}
	}
}

func TestTokens(t *testing.T) {
	server := httptest.NewServer(withTokens(whole(t)))
	defer server.Close()
	challenge := ask(t, server.URL+manifestPath, nil).Header.Get("WWW-Authenticate")
	want := `Bearer realm="` + server.URL + `/token",service="lab",scope="repository:docker.io/library/busybox:pull"`
	if challenge != want {
		t.Fatalf("challenge %s, want %s", challenge, want)
	}
	at := server.URL + "/token?service=lab&scope=repository:library/busybox:pull&scope=repository:docker.io/library/busybox:pull"
	if got := ask(t, at, nil).StatusCode; got != 401 {
		t.Errorf("a token for nobody: %d", got)
	}
	var given struct {
		Token string `json:"token"`
	}
	answer := ask(t, at, func(r *http.Request) { r.SetBasicAuth(loginUser, loginPassword) })
	if err := json.NewDecoder(answer.Body).Decode(&given); err != nil || given.Token == "" {
		t.Fatalf("no token: %v", err)
	}
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+given.Token) }
	for path, status := range map[string]int{
		manifestPath: 200,
		"/v2/":       200,
		"/v2/docker.io/library/busybox/blobs/sha256:1": 200,
		"/v2/docker.io/grafana/grafana/manifests/1":    401, // given for another repository
	} {
		if got := ask(t, server.URL+path, bearer).StatusCode; got != status {
			t.Errorf("%s with the token: %d, want %d", path, got, status)
		}
	}
	if got := ask(t, server.URL+manifestPath, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }).StatusCode; got != 401 {
		t.Errorf("with a made-up token: %d", got)
	}
}

func TestRateLimitFault(t *testing.T) {
	f := fault{Prefix: "/v2/", Kind: "rate-limit"}
	if err := f.check(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, whole(t)) }))
	defer server.Close()
	answer := ask(t, server.URL+manifestPath, nil)
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != 429 || !strings.Contains(string(body), "TOOMANYREQUESTS") || answer.Header.Get("RateLimit-Remaining") != "0;w=21600" || answer.Header.Get("Retry-After") != "" {
		t.Errorf("%s %v: %s", answer.Status, answer.Header, body)
	}
}
