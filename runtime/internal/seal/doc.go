// Package seal is the two formats in which secrets are stored, and the
// derivation of their keys: native, one seal for all secrets of an object
// ([AppendNative], [ParseNative]), and kibana, one ciphertext for each
// ([SealKibana], [OpenKibana]). It works on texts of JSON values that somebody
// has checked, and on functions of a key, a [MAC] or a derivation: it knows no
// keyring, no model and no document. Package eso decides what is bound and
// sealed; docs/format-native.md and docs/format-kibana.md describe the bytes.
package seal

// Text is a name, and the text of a JSON value.
type Text struct{ Name, Raw string }
