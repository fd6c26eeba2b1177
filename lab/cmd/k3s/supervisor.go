package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// supervisor runs the children of `k3s server`.
type supervisor struct {
	c     *config
	p     pki
	bin   string // Debian's programs, unpacked
	began time.Time
	died  chan error // a child ended by itself: the server ends too
	mu    sync.Mutex
	kids  []*child
}

type child struct {
	name string
	proc *os.Process
	done chan struct{}
}

// logf writes a line as logrus, k3s' logger, does.
func (s *supervisor) logf(level, format string, a ...any) { logLine(level, fmt.Sprintf(format, a...)) }

func logLine(level, text string) {
	fmt.Fprintf(os.Stderr, "time=%q level=%s msg=%q\n", time.Now().Format(time.RFC3339), level, text)
}

// mark logs how long after the start something was reached.
func (s *supervisor) mark(what string) {
	s.logf("info", "[%.1fs] %s", time.Since(s.began).Seconds(), what)
}

// start runs a child that must live as long as the server does.
func (s *supervisor) start(name string, cmd *exec.Cmd) {
	last := &tail{to: os.Stderr}
	if cmd.Stdout == nil {
		cmd.Stdout, cmd.Stderr = last, last
	}
	// Should the server be killed outright, the kernel ends its children: no
	// half of a cluster stays behind. (Shims are not our children and live on.)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan struct{})
	go func() {
		// Pdeathsig follows the thread that forked, so that thread must not end.
		runtime.LockOSThread()
		k := &child{name: name, done: make(chan struct{})}
		err := cmd.Start()
		if err == nil {
			k.proc = cmd.Process
			s.mu.Lock()
			s.kids = append(s.kids, k)
			s.mu.Unlock()
			close(started)
			err = cmd.Wait()
			close(k.done)
		} else {
			close(started)
		}
		s.died <- fmt.Errorf("%s exited: %s", name, last.reason(err))
	}()
	<-started
}

// component starts one of the upstream programs from this same executable.
// Extra arguments ("name=value", k3s's --kubelet-arg form) come last and win.
func (s *supervisor) component(name string, args map[string]string, extra []string) {
	argv := []string{name}
	for k, v := range args {
		argv = append(argv, "--"+k+"="+v)
	}
	for _, e := range extra {
		argv = append(argv, "--"+strings.TrimPrefix(e, "--"))
	}
	s.start(name, &exec.Cmd{Path: self(), Args: append([]string{"k3s"}, argv...)})
}

// self is this executable by its real name, so that ps shows "k3s".
func self() string {
	path, err := os.Executable()
	if err != nil {
		return "/proc/self/exe"
	}
	return path
}

func (s *supervisor) apiURL() string {
	return "https://127.0.0.1:" + strconv.Itoa(s.c.httpsPort)
}

func (s *supervisor) cred(name string) string { return s.c.path("server/cred", name+".kubeconfig") }

// stopOrder is the order in which the children end: those that use the API first, the datastore last.
func stopOrder(name string) int {
	switch name {
	case "kube-apiserver":
		return 1
	case "kine":
		return 2
	}
	return 0
}

// stop ends the children, the ones that use the API before the API.
func (s *supervisor) stop() {
	s.mu.Lock()
	kids := s.kids
	s.mu.Unlock()
	// The API server would wait for every open watch; k3s does not wait either.
	for order, grace := range []time.Duration{3 * time.Second, time.Second, 2 * time.Second} {
		deadline, expired := context.WithTimeout(context.Background(), grace)
		for _, k := range kids {
			if stopOrder(k.name) == order {
				k.proc.Signal(syscall.SIGTERM)
			}
		}
		for _, k := range kids {
			if stopOrder(k.name) == order {
				select {
				case <-k.done:
				case <-deadline.Done():
					s.logf("warning", "%s did not end in time, killing it", k.name)
					k.proc.Kill()
				}
			}
		}
		expired()
	}
}
