package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// contender is a command that generates code for a corpus in a folder.
type contender struct {
	name   string
	args   []string // the program first
	files  func(objects []object) map[string]string
	output string // the folder that it writes, removed before every cold run
	warm   bool   // leave the output there: a run with nothing to do
}

// cost is what one run took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // resident bytes, of the process or its largest child
}

// prepare writes the contender's project for the corpus into the folder.
func (c contender) prepare(folder string, objects []object) error {
	for name, content := range c.files(objects) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// run generates once. Removing old output does not count.
func (c contender) run(folder string) (cost, error) {
	if !c.warm {
		if err := os.RemoveAll(filepath.Join(folder, c.output)); err != nil {
			return cost{}, err
		}
	}
	var output bytes.Buffer
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = folder
	cmd.Stdout, cmd.Stderr = &output, &output
	// Neither contender may find anything in the home folder of who runs this.
	cmd.Env = append(os.Environ(), "HOME="+folder, "XDG_CACHE_HOME="+filepath.Join(folder, ".cache"))
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin)
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w\n%s", c.name, err, output.String())
	}
	state := cmd.ProcessState
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost{}, fmt.Errorf("%s: no resource usage on this system", c.name)
	}
	// Linux counts the resident set in KiB, and wait4 includes the children
	// that the process waited for, as buf waits for its plugin.
	return cost{wall, state.UserTime() + state.SystemTime(), usage.Maxrss * 1024}, nil
}

// count tells how many files lie below the contender's output folder, and how
// many bytes they hold.
func (c contender) count(folder string) (files int, size int64, err error) {
	err = filepath.WalkDir(filepath.Join(folder, c.output), func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			files++
			size += info.Size()
		}
		return err
	})
	return files, size, err
}

// interleave runs the contenders in turn, so that a slow minute of the machine
// hits all of them, and returns the costs of each.
func interleave(contenders []contender, folders []string, runs int) ([][]cost, error) {
	costs := make([][]cost, len(contenders))
	for range runs {
		for i, c := range contenders {
			one, err := c.run(folders[i])
			if err != nil {
				return nil, err
			}
			costs[i] = append(costs[i], one)
		}
	}
	return costs, nil
}

// median returns the median of each figure by itself, and the largest peak.
func median(costs []cost) cost {
	middle := func(figure func(cost) int64) int64 {
		var all []int64
		for _, c := range costs {
			all = append(all, figure(c))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	var peak int64
	for _, c := range costs {
		peak = max(peak, c.peak)
	}
	return cost{
		wall: time.Duration(middle(func(c cost) int64 { return int64(c.wall) })),
		cpu:  time.Duration(middle(func(c cost) int64 { return int64(c.cpu) })),
		peak: peak,
	}
}
