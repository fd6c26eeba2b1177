package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// registry is a docker-registry, our child process, on a socket of its own: whoever pulls comes through our listener,
// where requests are counted and spoiled.
type registry struct {
	cmd    *exec.Cmd
	folder string // config and socket
	ended  chan struct{}
	err    error
}

func startRegistry(program, storage string) (*registry, error) {
	if _, err := os.Stat(storage); err != nil {
		return nil, fmt.Errorf("no registry storage, run `mirror assemble` first: %w", err)
	}
	storage, err := filepath.Abs(storage)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "lab-registry-")
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %q}
  cache: {blobdescriptor: inmemory}
  maintenance: {uploadpurging: {enabled: false}, readonly: {enabled: true}}
http: {net: unix, addr: %q}
`, storage, filepath.Join(folder, "socket"))
	if err := os.WriteFile(filepath.Join(folder, "config.yml"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	r := &registry{folder: folder, ended: make(chan struct{})}
	r.cmd = exec.Command(program, "serve", filepath.Join(folder, "config.yml"))
	r.cmd.Stderr = os.Stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is about the thread that started the child
		err := r.cmd.Start()
		started <- err
		if err == nil {
			r.err = r.cmd.Wait()
			close(r.ended)
		}
	}()
	if err := <-started; err != nil {
		os.RemoveAll(folder)
		return nil, fmt.Errorf("docker-registry (Debian's package docker-registry): %w", err)
	}
	return r, nil
}

func (r *registry) transport() *http.Transport {
	return &http.Transport{
		MaxIdleConnsPerHost: 32,
		DisableCompression:  true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(r.folder, "socket"))
		},
	}
}

// proxy keeps the client's Host, of which docker-registry makes the addresses it hands out.
func (r *registry) proxy() http.Handler {
	target := &url.URL{Scheme: "http", Host: "registry"}
	return &httputil.ReverseProxy{
		Transport:  r.transport(),
		BufferPool: &bufferPool{},
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
		},
	}
}

func (r *registry) ready() error {
	client := http.Client{Transport: r.transport(), Timeout: 2 * time.Second}
	answer, err := client.Get("http://registry/v2/")
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the registry answers %s", answer.Status)
	}
	return nil
}

func (r *registry) wait() error { <-r.ended; return r.err }

func (r *registry) stop() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.ended:
	case <-time.After(time.Second):
		_ = r.cmd.Process.Kill()
		<-r.ended
	}
	os.RemoveAll(r.folder)
}

// bufferPool gives the proxy large buffers: image layers are most of what it carries.
type bufferPool struct{ pool sync.Pool }

func (b *bufferPool) Get() []byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, 1<<20)
}

func (b *bufferPool) Put(buffer []byte) { b.pool.Put(&buffer) }
