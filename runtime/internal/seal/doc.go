// Package seal implements the formats of secrets: native, one seal for all secrets
// of an object, and kibana, one ciphertext for each secret. It takes JSON texts
// that are already checked, and a key as a function, a [MAC] or a derivation: it
// knows no keyring, no model and no document. Package eso decides what is sealed
// and bound. docs/format-native.md and docs/format-kibana.md specify the bytes.
package seal

// Text is a name, and the text of a JSON value.
type Text struct{ Name, Raw string }
