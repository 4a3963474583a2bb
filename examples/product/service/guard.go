package service

import (
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
)

// maxBody is how many bytes the body of a request may have.
const maxBody = 1 << 20

// errRefused is a request that the guard refuses, with the status and the reason that
// its sender gets.
type errRefused struct {
	status int
	reason string
}

func (e errRefused) Error() string { return e.reason }

// guard refuses what a page in a browser could send to a service on the same machine or
// network: a request under a name that is not the service's own (DNS rebinding), and a
// body that is not declared as JSON, which a form can send without asking first. It
// limits the size of bodies. It does not authenticate: put that in front of it.
func (p *process) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.admit(r); err != nil {
			p.fail(w, r, err)
			return
		}
		if err := crossOrigin.Check(r); err != nil {
			p.fail(w, r, errRefused{http.StatusForbidden, "the request comes from a page of another origin"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

func (p *process) admit(r *http.Request) error {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host = strings.Trim(strings.ToLower(host), "[]"); !slices.Contains(p.hosts, host) {
		return errRefused{http.StatusMisdirectedRequest, "the service does not answer to this host; see --host"}
	}
	if r.ContentLength == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errRefused{http.StatusUnsupportedMediaType, "the body of a request is application/json"}
	}
	return nil
}

// hostsOf returns the names that the service answers to: those of the flag, or else those
// of the address that it listens on.
func hostsOf(names, listen string) ([]string, error) {
	if names != "" {
		var hosts []string
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
				return nil, errors.New("--host: an empty name")
			}
			hosts = append(hosts, name)
		}
		return hosts, nil
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	switch ip := net.ParseIP(host); {
	case host == "" || ip != nil && ip.IsUnspecified():
		return nil, errors.New("--listen takes every address; write --host NAME,… with the names by which clients call the service")
	case host == "localhost" || ip != nil && ip.IsLoopback():
		return []string{"localhost", "127.0.0.1", "::1", host}, nil
	}
	return []string{strings.ToLower(host)}, nil
}
