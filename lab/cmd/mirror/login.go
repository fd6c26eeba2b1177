package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Who may pull where a login is wanted.
const (
	loginUser     = "lab"
	loginPassword = "lab-password"
)

func isLab(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	return ok && user == loginUser && subtle.ConstantTimeCompare([]byte(password), []byte(loginPassword)) == 1
}

// withBasic is a registry that wants the login itself, as docker-registry with htpasswd does.
func withBasic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLab(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="lab"`)
			unauthorized(w)
			return
		}
		r.Header.Del("Authorization")
		next.ServeHTTP(w, r)
	})
}

// tokens is a registry's token service: /token gives one for the pulls from a repository, to whoever shows the login
// (https://distribution.github.io/distribution/spec/auth/token/).
type tokens struct {
	mu     sync.Mutex
	scopes map[string][]string // by token
}

// withTokens is a registry that wants tokens, which its own /token gives.
func withTokens(next http.Handler) http.Handler {
	t := &tokens{scopes: map[string][]string{}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			t.give(w, r)
			return
		}
		scope := scopeOf(r.URL.Path)
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !t.allows(token, scope) {
			challenge := fmt.Sprintf(`Bearer realm="http://%s/token",service="lab"`, r.Host)
			if scope != "" {
				challenge += fmt.Sprintf(`,scope="%s"`, scope)
			}
			w.Header().Set("WWW-Authenticate", challenge)
			unauthorized(w)
			return
		}
		r.Header.Del("Authorization")
		next.ServeHTTP(w, r)
	})
}

func (t *tokens) give(w http.ResponseWriter, r *http.Request) {
	if !isLab(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="lab tokens"`)
		unauthorized(w)
		return
	}
	token := rand.Text()
	t.mu.Lock()
	// containerd asks for the image's own name too, which a mirror with a folder doesn't know.
	t.scopes[token] = strings.Fields(strings.Join(r.URL.Query()["scope"], " "))
	t.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "expires_in": 300})
}

// allows says whether a token was given for that; the root of the protocol wants any.
func (t *tokens) allows(token, scope string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	given, known := t.scopes[token]
	return known && (scope == "" || slices.Contains(given, scope))
}

// scopeOf is what a pull from /v2/NAME/manifests/... or /v2/NAME/blobs/... needs; empty for the protocol's root.
func scopeOf(path string) string {
	name := strings.TrimPrefix(path, "/v2/")
	for _, part := range []string{"/manifests/", "/blobs/", "/tags/"} {
		if at := strings.LastIndex(name, part); at > 0 {
			return "repository:" + name[:at] + ":pull"
		}
	}
	return ""
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	fmt.Fprintln(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
}
