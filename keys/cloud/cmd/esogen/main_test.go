package main

import (
	"crypto/fips140"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"esogen": main})
}

// TestScript runs the scripts of testdata/script. VAULT names a server on the
// loopback with the keys one and other, which takes the token "token".
func TestScript(t *testing.T) {
	server := httptest.NewServer(&vault{servicetest.NewServer(t)})
	t.Cleanup(server.Close)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("VAULT", server.URL)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "fips" {
				return fips140.Enforced(), nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

// vault is Vault's transit engine, as far as the program needs it.
type vault struct{ *servicetest.Server }

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := path.Base(r.URL.Path)
	if r.Header.Get("X-Vault-Token") != "token" || key != "one" && key != "other" {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"errors": ["permission denied"]}`)
		return
	}
	var in struct {
		Plaintext  []byte
		Ciphertext string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	data := map[string]any{}
	switch path.Base(path.Dir(r.URL.Path)) {
	case "encrypt":
		v.Rotate(key)
		ciphertext, version := v.Encrypt(key, 0, in.Plaintext, nil)
		data["ciphertext"] = fmt.Sprintf("vault:v%d:%s", version, base64.StdEncoding.EncodeToString(ciphertext))
	case "decrypt":
		_, text, _ := strings.Cut(strings.TrimPrefix(in.Ciphertext, "vault:"), ":")
		ciphertext, _ := base64.StdEncoding.DecodeString(text)
		plain, version := v.Decrypt(key, ciphertext, nil)
		if version == 0 {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"errors": ["cipher: message authentication failed"]}`)
			return
		}
		data["plaintext"] = plain
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}
