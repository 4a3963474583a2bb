// Package cli is the command line of esogen. Do runs one command; everything
// that it says goes through the voice of voice.go.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/onefile"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/spec"
)

// Do runs the command that the arguments ask for, without the name of the
// program, and returns its exit code: 0 when there is nothing to report, 1 for
// findings, 2 when the command could not run. A command that ctx ends early
// changes no file. Key files can be wrapped under a passphrase, and under the keys
// of the providers.
func Do(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, providers ...Provider) int {
	a := &app{in: stdin, out: stdout, voice: newVoice(stderr), providers: providers}
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	return a.failure(root.ExecuteContext(ctx))
}

// app is one run of the program.
type app struct {
	*voice
	in  io.Reader
	out io.Writer

	providers []Provider   // of wrapped keys, besides passphrases
	disk      onefile.Disk // that key files are on
	wrapURL   bool         // what wraps the key file of this command is named by a URL

	// Where things are, as the flags say.
	changeTo           []string // -C, which may be given more than once
	specs, gen, golden string
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "esogen",
		Short: "Generate the code of encrypted saved objects from their specs",
		Long: `esogen turns CUE specs of encrypted saved objects into Go, and keeps golden
files of what was declared, so that no change of a declaration goes unreviewed.

A new project begins with "go tool esogen init". Then, after each change of a spec:

  go tool esogen generate    specs to Go
  go tool esogen golden      specs to golden files, for the reviewer
  go tool esogen check       whether they are safe beside the releases that run

"esogen release NAME" records what ships, for check, plan and diff. "esogen
rotate" seals stored objects under a new key; "esogen export" and "esogen
import" move them to another database or installation.

Exit codes: 0, nothing to report; 1, findings; 2, could not run.`,
		Version:           version(),
		Args:              knownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.enter() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return hinted(err, fmt.Sprintf("run %q", cmd.CommandPath()+" --help"))
	})
	flags := root.PersistentFlags()
	flags.StringArrayVarP(&a.changeTo, "chdir", "C", nil, "run as if started in `DIR`")
	flags.StringVar(&a.specs, "specs", "specs", "the `DIR` of the specs")
	flags.StringVar(&a.gen, "out", "generated", "the `DIR` of the generated code")
	flags.StringVar(&a.golden, "golden", "golden", "the `DIR` of the golden files")
	root.AddCommand(a.initCommand(), a.generateCommand(), a.goldenCommand(), a.hashCommand(),
		a.sealCommand(), a.openCommand(), a.stripCommand(), a.rotateCommand(), a.exportCommand(), a.importCommand(), a.keysCommand(), a.releaseCommand(), a.diffCommand(), a.checkCommand(), a.explainCommand(), a.planCommand())
	return root
}

// knownCommand refuses an unknown command, and suggests one.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := fmt.Sprintf("run %q", root.CommandPath()+" --help")
	if root.SuggestionsMinimumDistance <= 0 {
		root.SuggestionsMinimumDistance = 2
	}
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return hinted(fmt.Errorf("there is no command %q", args[0]), hint)
}

// noArguments refuses arguments.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return hinted(fmt.Errorf("%s takes no arguments, and got %q", cmd.Name(), args[0]), fmt.Sprintf("run %q", cmd.CommandPath()+" --help"))
}

// path returns the path of what the user named, relative to the directory of -C.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.dir(), name)
}

// enter checks that the directory of -C is there.
func (a *app) enter() error {
	info, err := os.Stat(a.dir())
	if err != nil {
		return plainly(err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is not a directory", a.dir())
	}
	return nil
}

// dir is the directory that the command runs in.
func (a *app) dir() string {
	dir := "."
	for _, next := range a.changeTo {
		if filepath.IsAbs(next) {
			dir = next
		} else {
			dir = filepath.Join(dir, next)
		}
	}
	return dir
}

// version is that of the module that was built, and its revision where the
// module has none.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// load reads the specs. It prints errors in them and ends the command. With warn,
// as commands that write or check something have it, it prints warnings too.
func (a *app) load(ctx context.Context, warn bool) ([]*definition.Type, error) {
	specs, err := spec.Load(ctx, spec.Options{Root: a.dir(), Dir: a.specs})
	if err != nil {
		return nil, hinted(err, `run "esogen init" for a first spec, or say where they are with --specs`)
	}
	failed := specs.HasErrors()
	errors := 0
	for _, d := range specs.Diagnostics {
		switch {
		case d.Severity == definition.Error:
			errors++
		case !warn && !failed:
			continue
		}
		a.diagnostic(d)
	}
	if failed {
		return nil, &exit{exitFailed, phrase.Count(errors, "error") + " in the specs, nothing was done", ""}
	}
	return specs.Types, nil
}

// knownFlags says which flags no type is behind. That is fine: a product has
// flags for other things too. A flag that is nearly that of a type is an error,
// since the type would count as unreleased.
func (a *app) knownFlags(types []*definition.Type, flags []string) error {
	known := definition.Flags(types)
	for _, flag := range flags {
		if slices.Contains(known, flag) {
			continue
		}
		if near := definition.Nearest(flag, known); near != "" && !slices.Contains(flags, near) {
			return hinted(fmt.Errorf("no type is behind the flag %q", flag), fmt.Sprintf("did you mean %q?", near))
		}
		a.say("no type is behind the flag %q", flag)
	}
	return nil
}
