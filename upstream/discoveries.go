package main

// All service discoveries are registered: what they read is judged. What they do is pruned (prune/).
import _ "github.com/prometheus/prometheus/discovery/install"
