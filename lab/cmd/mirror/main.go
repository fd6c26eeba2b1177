// Command mirror is the lab's part of the internet: release hosts, chart repositories and dashboards over HTTP, laid
// out by host name exactly like the upstream ones, and an image registry. It can be told to misbehave.
//
//	mirror assemble --out lab/out             fill lab/out/mirror from what was built (idempotent, quick)
//	mirror --root DIR --address 203.0.113.1   serve: HTTP on :80 (/HOST/PATH), the registry on :5000; the same one
//	                                          on :5001 wants a login, on :5002 tokens of its own service (login.go)
//	mirror assemble --sizes genuine           fill lab/out/mirror-genuine with images of upstream's sizes, for benchmarks
//	mirror fault KIND PREFIX [key=value ...]  make paths below PREFIX misbehave (see faults.go)
//	mirror faults | requests [clear]          show what is set, what was asked for; or forget it
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mirror:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	verb := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		verb, args = args[0], args[1:]
	}
	switch verb {
	case "assemble":
		return runAssemble(args)
	case "fault", "faults", "requests":
		return runClient(verb, args)
	case "", "serve":
		return runServe(args)
	}
	return fmt.Errorf("no such command: %s (assemble, serve, fault, faults, requests)", verb)
}

func runAssemble(args []string) error {
	flags := flag.NewFlagSet("mirror assemble", flag.ContinueOnError)
	a := assembly{}
	flags.StringVar(&a.out, "out", "lab/out", "folder of what was built; the mirror goes to its folder mirror/")
	flags.StringVar(&a.lab, "lab", "", "folder with charts/ and dashboards/ (default: the one above --out)")
	flags.StringVar(&a.sizes, "sizes", "", "genuine: only images, compressed and as large as upstream's, into OUT/mirror-genuine (see sizes.go)")
	flags.StringVar(&a.k3sVersion, "k3s-version", "v1.36.3+k3s1", "the release as which out/k3s is served")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if a.lab == "" {
		a.lab = filepath.Dir(filepath.Clean(a.out))
	}
	switch a.sizes {
	case "":
		a.folder = "mirror"
	case "genuine":
		a.folder = "mirror-genuine"
	default:
		return fmt.Errorf("no such sizes: %s (genuine)", a.sizes)
	}
	return a.run()
}

func runServe(args []string) error {
	flags := flag.NewFlagSet("mirror", flag.ContinueOnError)
	root := flags.String("root", "lab/out/mirror", "what `mirror assemble` filled")
	images := flags.String("images", "", "another folder with a registry, e.g. lab/out/mirror-genuine (default: --root)")
	address := flags.String("address", "203.0.113.1", "address to listen on")
	webPort := flags.Int("port", 80, "port of the release hosts")
	registryPort := flags.Int("registry-port", 5000, "port of the image registry")
	basicPort := flags.Int("basic-port", 5001, "port of the image registry that wants a login")
	tokenPort := flags.Int("token-port", 5002, "port of the image registry that wants tokens")
	program := flags.String("registry", "docker-registry", "Debian's docker-registry")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	if *images == "" {
		*images = *root
	}
	registry, err := startRegistry(*program, filepath.Join(*images, "registry"))
	if err != nil {
		return err
	}
	defer registry.stop()
	m := newMirror(filepath.Join(*root, "hosts"), registry.proxy(), registry.ready)

	handlers := map[int]http.Handler{
		*webPort:      m.web(),
		*registryPort: m.registry(),
		*basicPort:    m.logged("registry", withBasic(m.upstream)),
		*tokenPort:    m.logged("registry", withTokens(m.upstream)),
	}
	failed := make(chan error, len(handlers)+1)
	for port, handler := range handlers {
		server := &http.Server{Addr: fmt.Sprintf("%s:%d", *address, port), Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		defer server.Close()
		go func() { failed <- server.ListenAndServe() }()
	}
	go func() { failed <- fmt.Errorf("docker-registry ended: %w", registry.wait()) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	}
}
