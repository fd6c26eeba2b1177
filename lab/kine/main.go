// kine is the datastore of the k3s stand-in: kine's own drivers for SQLite and memory behind its own etcd server. A genuine
// k3s has the same code in its own process. The drivers for databases elsewhere take minutes to build and are left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/k3s-io/kine/pkg/drivers"
	_ "github.com/k3s-io/kine/pkg/drivers/memory"
	_ "github.com/k3s-io/kine/pkg/drivers/sqlite"
	"github.com/k3s-io/kine/pkg/server"
	"google.golang.org/grpc"
)

// What k3s passes to kine, which is also what kine's own command line has by default.
const (
	notifyInterval = 5 * time.Second
	etcdVersion    = "3.6.11"
	idle           = 20
)

func main() {
	endpoint := flag.String("endpoint", "", "datastore; by default SQLite in ./db/state.db")
	socket := flag.String("socket", "kine.sock", "socket to listen on")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	var closing sync.WaitGroup
	if err := serve(ctx, &closing, *endpoint, *socket); err != nil {
		fmt.Fprintf(os.Stderr, "\"command failed\" err=%q\n", err.Error()) // as Kubernetes' components say it
		os.Exit(1)
	}
	closing.Wait()
}

func serve(ctx context.Context, closing *sync.WaitGroup, endpoint, socket string) error {
	config := drivers.Config{Endpoint: endpoint, CompactTimeout: 5 * time.Second, CompactMinRetain: 1000, CompactBatchSize: 1000, PollBatchSize: 500}
	config.ConnectionPoolConfig.MaxIdle = idle
	_, backend, err := drivers.New(ctx, closing, &config)
	if err != nil {
		kind := "default"
		if endpoint != "" {
			kind = "configured"
		}
		return fmt.Errorf("failed to create driver for %s endpoint: %w", kind, err)
	}
	if err := backend.Start(ctx); err != nil {
		return fmt.Errorf("starting kine backend: %w", err)
	}
	os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return err
	}
	grpcServer := grpc.NewServer(grpc.MaxConcurrentStreams(1<<32-1), grpc.MaxRecvMsgSize(2<<20))
	server.New(backend, "unix", notifyInterval, etcdVersion).Register(grpcServer)
	go func() {
		<-ctx.Done()
		grpcServer.Stop() // the API server keeps its watches open
	}()
	return grpcServer.Serve(listener)
}
