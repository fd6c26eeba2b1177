package main

import "time"

// The times below make the stand-in as slow as a genuine k3s v1.36.3+k3s1 on two cores with all images local: API ready
// 3.7-7 s after the start, node Ready 6-9 s, packaged manifests applied 4-5 s after the API answers, flannel's file
// 12-19 s, CoreDNS 13-15 s. All are lower bounds: on a busy machine everything takes longer.
const (
	// apiServerFrom is when the API server's process starts, counted from the start of `k3s server`: k3s unpacks its
	// programs and opens its datastore first. The API answers about 2 s later. (A run of monstack on the genuine one
	// takes 10 s until it can deploy.)
	apiServerFrom = 4 * time.Second

	// kubeletAfterAPI is how long after the API answers the kubelet starts. The node is Ready about 1 s later.
	kubeletAfterAPI = 1500 * time.Millisecond

	// manifestsAfterAPI is how long after the API answers the deploy controller begins: k3s first registers its custom
	// resource definitions and starts its controllers. Each file takes some tenths of a second.
	manifestsAfterAPI = 4 * time.Second

	// manifestsEvery is how often the deploy controller looks for new and changed files (k3s-io/k3s pkg/deploy).
	manifestsEvery = 15 * time.Second

	// networkPolicyEvery is how often the network policy controller looks whether the node is initialized.
	networkPolicyEvery = 2 * time.Second

	// cloudDelay is how long after the node's registration k3s' cloud controller removes the taint.
	cloudDelay = 6 * time.Second

	// flannelDelay is how long after the node says Ready its pods can't start yet.
	flannelDelay = 7 * time.Second
)
