// Command generate compares `esogen generate` with `buf generate` and
// protoc-gen-go: the same types of 15 attributes, as specs with two models and
// as proto messages, in growing numbers.
//
// Usage, in bench/generate:
//
//	go run . [-sizes 10,100,1000] [-runs 5] [-only buf]
//	go run . -check 1000 [-runs 5]
//
// It builds the three programs once, from the module that stands beside it and
// from the versions in go.mod, then times interleaved runs of each on an empty
// output folder. It prints a Markdown table of the medians. With -check it
// measures `esogen check` instead, on that many types with a ledger.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	sizes := flag.String("sizes", "10,100,1000", "how many types, comma-separated")
	runs := flag.Int("runs", 5, "runs of each contender; the median counts")
	only := flag.String("only", "", "run only contenders whose name contains this")
	check := flag.Int("check", 0, "measure esogen check on this many types, and nothing else")
	flag.Parse()
	if *check > 0 {
		if err := checks(*check, *runs); err != nil {
			fmt.Fprintln(os.Stderr, "bench/generate:", err)
			os.Exit(1)
		}
		return
	}
	if err := compare(*sizes, *runs, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench/generate:", err)
		os.Exit(1)
	}
}

func compare(sizes string, runs int, only string) error {
	work, err := os.MkdirTemp("", "esogen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	contenders, err := build(work, only)
	if err != nil {
		return err
	}
	printHeader(os.Stdout)
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			return fmt.Errorf("size %q: want a positive number", size)
		}
		if err := compareAt(work, contenders, n, runs); err != nil {
			return err
		}
	}
	return nil
}

// build compiles what is compared and returns the contenders.
func build(work, only string) ([]contender, error) {
	esogen := filepath.Join(work, "esogen")
	buf := filepath.Join(work, "buf")
	plugin := filepath.Join(work, "protoc-gen-go")
	all := []contender{
		{name: "esogen", args: []string{esogen, "generate"}, files: specFiles, output: "generated"},
		{name: "esogen, nothing changed", args: []string{esogen, "generate"}, files: specFiles, output: "generated", warm: true},
		{name: "buf, a message per file", args: []string{buf, "generate"}, files: protos(1, plugin), output: "generated"},
		{name: "buf, 10 messages per file", args: []string{buf, "generate"}, files: protos(10, plugin), output: "generated"},
		{name: "buf, 100 messages per file", args: []string{buf, "generate"}, files: protos(100, plugin), output: "generated"},
	}
	programs := [][]string{
		{"-C", filepath.Join("..", ".."), "build", "-o", esogen, "./cmd/esogen"},
		{"build", "-o", buf, "github.com/bufbuild/buf/cmd/buf"},
		{"build", "-o", plugin, "google.golang.org/protobuf/cmd/protoc-gen-go"},
	}
	var chosen []contender
	for _, c := range all {
		if strings.Contains(c.name, only) {
			chosen = append(chosen, c)
		}
	}
	if only == "buf" {
		programs = programs[1:]
	}
	for _, args := range programs {
		cmd := exec.Command("go", args...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
		}
	}
	return chosen, nil
}

func protos(perFile int, plugin string) func([]object) map[string]string {
	return func(objects []object) map[string]string { return protoFiles(objects, perFile, plugin) }
}

// compareAt measures all contenders on n types and prints their rows.
func compareAt(work string, contenders []contender, n, runs int) error {
	objects := corpus(n)
	folders := make([]string, len(contenders))
	for i, c := range contenders {
		folders[i] = filepath.Join(work, strconv.Itoa(n), strconv.Itoa(i))
		if err := c.prepare(folders[i], objects); err != nil {
			return err
		}
		// Once unmeasured: pages of the program, and the output of a warm run.
		if _, err := c.run(folders[i]); err != nil {
			return err
		}
	}
	costs, err := interleave(contenders, folders, runs)
	if err != nil {
		return err
	}
	for i, c := range contenders {
		files, size, err := c.count(folders[i])
		if err != nil {
			return err
		}
		printRow(os.Stdout, n, c.name, median(costs[i]), files, size)
	}
	return nil
}
