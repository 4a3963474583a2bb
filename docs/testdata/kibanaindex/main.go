// Command kibanaindex plays as much of Elasticsearch as docs/kibana-index.md
// needs, on loopback: it holds the hits of hits.jsonl, runs a command with its
// address in ELASTICSEARCH_URL, and writes the hits back. With -rival, somebody
// else changes each document once, right before the first write.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
)

const file = "hits.jsonl"

type hit struct {
	Index       string          `json:"_index"`
	ID          string          `json:"_id"`
	SeqNo       int             `json:"_seq_no"`
	PrimaryTerm int             `json:"_primary_term"`
	Source      json.RawMessage `json:"_source"`
}

type index struct {
	mu    sync.Mutex
	hits  []*hit
	rival bool
}

func main() {
	rival := flag.Bool("rival", false, "change each document right before the first write")
	flag.Parse()
	x := &index{rival: *rival}
	content, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		h := new(hit)
		if err := json.Unmarshal(lines.Bytes(), h); err != nil {
			log.Fatal(err)
		}
		x.hits = append(x.hits, h)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{index}/_doc/{id}", x.get)
	mux.HandleFunc("POST /{index}/_search", x.search)
	mux.HandleFunc("PUT /{index}/_doc/{id}", x.put)
	server := httptest.NewServer(mux)
	cmd := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	cmd.Env = append(os.Environ(), "ELASTICSEARCH_URL="+server.URL)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	server.Close()

	var out bytes.Buffer
	for _, h := range x.hits {
		out.Write(text(h))
		out.WriteByte('\n')
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		log.Fatal(err)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	} else if err != nil {
		log.Fatal(err)
	}
}

// text returns JSON with its strings as they were.
func text(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		log.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

// find returns a document by its _id, whatever the index: there is one.
func (x *index) find(r *http.Request) *hit {
	for _, h := range x.hits {
		if h.ID == r.PathValue("id") {
			return h
		}
	}
	return nil
}

func (x *index) get(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	h := x.find(r)
	if h == nil {
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte(`{"found":false}`))
		return
	}
	w.Write(text(h))
}

// search finds all documents of one type.
func (x *index) search(w http.ResponseWriter, r *http.Request) {
	var query struct {
		Query struct{ Term struct{ Type string } }
	}
	if err := json.NewDecoder(r.Body).Decode(&query); err != nil {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	found := []*hit{}
	for _, h := range x.hits {
		var source struct{ Type string }
		if err := json.Unmarshal(h.Source, &source); err == nil && source.Type == query.Query.Term.Type {
			found = append(found, h)
		}
	}
	w.Write(text(map[string]any{"hits": map[string]any{"hits": found}}))
}

func (x *index) put(w http.ResponseWriter, r *http.Request) {
	var source bytes.Buffer
	source.ReadFrom(r.Body)
	x.mu.Lock()
	defer x.mu.Unlock()
	h := x.find(r)
	if h != nil && x.rival {
		x.rival = false
		h.SeqNo++
	}
	query := r.URL.Query()
	switch {
	case h == nil || r.PathValue("index") != h.Index || !json.Valid(source.Bytes()):
		http.Error(w, "{}", http.StatusBadRequest)
	case query.Get("if_seq_no") != strconv.Itoa(h.SeqNo) || query.Get("if_primary_term") != strconv.Itoa(h.PrimaryTerm):
		http.Error(w, `{"error":{"type":"version_conflict_engine_exception"}}`, http.StatusConflict)
	default:
		h.SeqNo++
		h.Source = source.Bytes()
		w.Write(text(map[string]any{"result": "updated", "_seq_no": h.SeqNo, "_primary_term": h.PrimaryTerm}))
	}
}
