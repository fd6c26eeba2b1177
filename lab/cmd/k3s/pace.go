package main

import (
	"context"
	"time"
)

// The stand-in is faster than k3s: its components are processes of their own and its datastore never syncs. These are
// the earliest times at which it may go on, as measured on a genuine k3s v1.36.3+k3s1 on two cores with upstream's charts:
// API ready after 3.7 to 7 s, packaged manifests 4 to 5 s later, node Ready after 6 to 9 s.
const (
	// apiServerAfter counts from the start of k3s. The API answers about 2.5 s after the API server's own start.
	apiServerAfter = 2500 * time.Millisecond
	// manifestsAfter counts from the API's first answer: k3s first registers its own definitions and controllers.
	manifestsAfter = 4500 * time.Millisecond
	// kubeletAfter counts from the start of k3s. The node is Ready 1 to 1.5 s after the kubelet's start.
	kubeletAfter = 6500 * time.Millisecond
)

// notBefore waits until the moment, and says whether the server still runs.
func notBefore(ctx context.Context, moment time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(moment)):
		return true
	}
}
