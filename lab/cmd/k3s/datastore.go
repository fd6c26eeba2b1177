package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// startDatastore starts kine, which k3s has in its own process, and waits until it listens. Without an endpoint kine takes
// SQLite in db/state.db, below the folder that k3s works in. As with k3s, an endpoint that kine refuses ends the server, and
// a database that can't be opened is tried again each second, 300 times.
func (s *supervisor) startDatastore(ctx context.Context) error {
	folder := s.c.path("server")
	if err := os.MkdirAll(filepath.Join(folder, "db"), 0o700); err != nil {
		return err
	}
	kine := exec.Command(filepath.Join(s.bin, "kine"), "--endpoint="+s.c.datastore, "--socket="+s.kineSocket())
	kine.Dir = folder
	s.start("kine", kine)
	for {
		if conn, err := net.Dial("unix", s.kineSocket()); err == nil {
			conn.Close()
			s.mark("datastore ready")
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.died:
			return fmt.Errorf("preparing server: creating storage endpoint: %s", strings.TrimPrefix(err.Error(), "kine exited: "))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *supervisor) kineSocket() string { return s.c.path("server/kine.sock") }
