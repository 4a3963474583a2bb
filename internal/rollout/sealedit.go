package rollout

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
)

// What stands below the line is also part of the tests that WriteTraceTest
// writes, where the header of a seal is at stake.

// ---

// sealData returns the bytes of a seal, or nothing where it has not the form of
// one.
func sealData(text string) []byte {
	var encoded string
	if json.Unmarshal([]byte(text), &encoded) != nil {
		return nil
	}
	data, _ := base64.StdEncoding.DecodeString(encoded) // what is no base64 is as good as nothing
	return data
}

// listsOf returns where the lists of names begin: behind version, suite, key id,
// salt, commitment, model, and in version 2 a byte about the namespace.
func listsOf(data []byte) int { return 3 + int(data[2]) + 32 + 32 + 4 + int(data[0]) - 1 }

// sealWithout returns the text of a seal with a header that does not list one of
// its bound names: what somebody would write who wants to change that attribute
// unseen.
func sealWithout(text, name string) string {
	data := sealData(text)
	at := listsOf(data)
	count := binary.BigEndian.Uint16(data[at:])
	out := append([]byte(nil), data[:at]...)
	out = binary.BigEndian.AppendUint16(out, count-1)
	at += 2
	for range count {
		size := 2 + int(binary.BigEndian.Uint16(data[at:]))
		if string(data[at+2:at+size]) != name {
			out = append(out, data[at:at+size]...)
		}
		at += size
	}
	out = append(out, data[at:]...)
	return `"` + base64.StdEncoding.EncodeToString(out) + `"`
}
