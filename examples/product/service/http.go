package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// serve answers requests until the context ends, and then completes open ones.
func serve(ctx context.Context, p *process) error {
	var err error
	if p.hosts, err = hostsOf(p.host, p.listen); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", p.listen)
	if err != nil {
		return err
	}
	p.logKeys()
	server := &http.Server{
		Handler:           p.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // a body may not take forever
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	fmt.Fprintf(p.stdout, "release %s listens on http://%s\n", p.release.Name, listener.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}

// handler returns the service. It logs the path of each request, and never a body.
func (p *process) handler() http.Handler {
	mux := http.NewServeMux()
	for _, kind := range p.release.Kinds {
		kind.mount(mux, p.store, p.fail)
	}
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]string{"release": p.release.Name})
	})
	guarded := p.guard(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		guarded.ServeHTTP(recorder, r)
		p.log.Info("request", "method", r.Method, "path", r.URL.Path, "status", recorder.status, "took", time.Since(begin))
	})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func answer(w http.ResponseWriter, status int, result any) {
	if result == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(result)
}

// statuses has the errors that a client can do something about. Their texts hold no
// values, so the client gets them.
var statuses = []struct {
	err    error
	status int
}{
	{store.ErrNotFound, http.StatusNotFound},
	{store.ErrExists, http.StatusConflict},
	{store.ErrConflict, http.StatusConflict},
	{eso.ErrShredded, http.StatusGone},
	{store.ErrUnstorable, http.StatusUnprocessableEntity},
	{eso.ErrInvalid, http.StatusUnprocessableEntity},
	{eso.ErrRequired, http.StatusUnprocessableEntity},
	{eso.ErrFrozen, http.StatusUnprocessableEntity},
	{eso.ErrID, http.StatusUnprocessableEntity},
}

func (p *process) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "the service cannot do that now"
	var request errRequest
	if errors.As(err, &request) {
		status, text = http.StatusBadRequest, err.Error()
	}
	var refused errRefused
	if errors.As(err, &refused) {
		status, text = refused.status, refused.reason
	}
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			status, text = s.status, err.Error()
		}
	}
	if status == http.StatusInternalServerError {
		p.log.Error("request", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	answer(w, status, map[string]string{"error": text})
}
