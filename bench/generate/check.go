package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

const (
	releases = 3  // in the ledger
	changed  = 20 // types that each release changed, and that the specs change now
)

// checks measures `esogen check` on a project of n types in a git repository,
// with golden files and a ledger of releases, beside commands that do a part of
// the same work: hash only loads the specs, generate --check makes all code and
// compares it.
func checks(n, runs int) error {
	work, err := os.MkdirTemp("", "esogen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	contenders, err := build(work, "esogen")
	if err != nil {
		return err
	}
	esogen, folder := contenders[0].args[0], filepath.Join(work, "project")
	if err := released(esogen, folder, corpus(n)); err != nil {
		return err
	}
	peers := []contender{
		{name: "check", args: []string{esogen, "check"}, warm: true},
		{name: "hash", args: []string{esogen, "hash"}, warm: true},
		{name: "generate --check", args: []string{esogen, "generate", "--check"}, warm: true},
	}
	costs, err := interleave(peers, []string{folder, folder, folder}, runs)
	if err != nil {
		return err
	}
	fmt.Printf("%d types, %d releases, %d types changed by each and now\n\n| command | median s | CPU s | peak MB |\n|---|---:|---:|---:|\n", n, releases, changed)
	for i, c := range peers {
		m := median(costs[i])
		fmt.Printf("| esogen %s | %.2f | %.2f | %d |\n", c.name, m.wall.Seconds(), m.cpu.Seconds(), m.peak>>20)
	}
	return nil
}

// released makes the project, and plays its past: each release adds a model to
// types of its own.
func released(esogen, folder string, objects []object) error {
	if len(objects) < changed*(releases+1) {
		return fmt.Errorf("%d types are too few: %d change", len(objects), changed*(releases+1))
	}
	if err := (contender{files: specFiles}).prepare(folder, objects); err != nil {
		return err
	}
	run := func(args ...string) error {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
		return nil
	}
	steps := [][]string{}
	for i := range releases {
		steps = append(steps, []string{"change", strconv.Itoa(i)}, []string{esogen, "golden"}, []string{esogen, "release", fmt.Sprintf("v%d", i+1)})
	}
	git := []string{"git", "-c", "user.name=bench", "-c", "user.email=bench@example.com"}
	steps = append(steps, append(git, "init", "-q", "-b", "main"), append(git, "add", "specs", "golden"), append(git, "commit", "-q", "-m", "All that was released"),
		[]string{"change", strconv.Itoa(releases)}, []string{esogen, "generate"})
	for _, step := range steps {
		if step[0] != "change" {
			if err := run(step...); err != nil {
				return err
			}
			continue
		}
		i, _ := strconv.Atoi(step[1]) // it is ours
		for _, o := range objects[i*changed : (i+1)*changed] {
			text := "package specs\n\n" + o.name + ": models: \"3\": attributes: {\n\t// What a person noted.\n\tnote?: string\n}\n"
			if err := os.WriteFile(filepath.Join(folder, "specs", o.name+"_3.cue"), []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
