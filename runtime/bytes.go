package eso

import (
	"encoding/base64"
	"strings"
)

var strictBase64 = base64.StdEncoding.Strict()

// parseBytes decodes standard base64. Package base64 would pass over line
// breaks even when it is strict.
func parseBytes(text string) (b []byte, ok bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	b, err := strictBase64.DecodeString(text)
	return b, err == nil
}

// appendBytes appends bytes as base64, in quotes.
func appendBytes(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = strictBase64.AppendEncode(dst, b)
	return append(dst, '"')
}
