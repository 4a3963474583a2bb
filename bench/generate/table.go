package main

import (
	"fmt"
	"io"
	"time"
)

func printHeader(w io.Writer) {
	fmt.Fprintln(w, "| types | program | median s | CPU s | ms per type | peak MB | files | MB written |")
	fmt.Fprintln(w, "|---:|---|---:|---:|---:|---:|---:|---:|")
}

func printRow(w io.Writer, types int, name string, c cost, files int, size int64) {
	fmt.Fprintf(w, "| %d | %s | %.2f | %.2f | %.2f | %.0f | %d | %.1f |\n",
		types, name, c.wall.Seconds(), c.cpu.Seconds(),
		float64(c.wall)/float64(time.Millisecond)/float64(types),
		float64(c.peak)/1e6, files, float64(size)/1e6)
}
