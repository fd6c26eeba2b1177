package main

import (
	"crypto/subtle"
	"net/http"
	"path"
	"strings"
)

// privateHost has a chart repository that wants to see a login, as a company's own does. Credentials go to no mirror, so
// it is asked for by the mirror's own address: http://203.0.113.1/charts.example.com/private.
const (
	privateHost     = "charts.example.com"
	privateUser     = "ci"
	privatePassword = "lab-charts-password"
)

// guarded lets nobody through to the private host who doesn't say the login.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPrivate(r) && !isLoggedIn(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="charts"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isPrivate(r *http.Request) bool {
	return strings.HasPrefix(path.Clean("/"+r.URL.Path)+"/", "/"+privateHost+"/")
}

func isLoggedIn(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	return subtle.ConstantTimeCompare([]byte(user+":"+password), []byte(privateUser+":"+privatePassword)) == 1
}
