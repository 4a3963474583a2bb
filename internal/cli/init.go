package cli

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	schema "github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/templates"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Set up a project: a first spec, the CUE schema, go generate, CI",
		Long: `init writes what a project begins with: a first spec, a cue.mod with the schema
for "cue vet" and editors, a Go file with the go:generate line, a CI job, and
attributes for git. What is there already is kept, apart from the schema, which
is brought up to date, and attributes, which are added.`,
		Example: `  go tool esogen init
  go tool esogen init -C product`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.init(cmd.Context()) },
	}
}

func (a *app) init(ctx context.Context) error {
	dir := a.within(".")
	if filepath.IsAbs(a.specs) || !filepath.IsLocal(a.specs) {
		return hinted(fmt.Errorf("the specs in %q are not within the project", a.specs), "write --specs with a directory of the project, or -C with another project")
	}
	tree, err := a.scaffold()
	if err != nil {
		return err
	}
	changes, err := dir.Compare(ctx, tree)
	if err != nil {
		return err
	}
	changes = slices.DeleteFunc(changes, func(c files.Change) bool {
		return c.Kind == files.Stale && c.Path != attributesFile && !strings.HasPrefix(c.Path, schema.ModulePackage)
	})
	if err := dir.Write(ctx, changes); err != nil {
		return err
	}
	a.printScaffold(tree, changes)
	return nil
}

// scaffold returns the files of a new project. Where the project has specs, it
// needs no first one.
func (a *app) scaffold() (files.Tree, error) {
	specs := name(a.specs)
	tree := files.Tree{}
	for path, text := range schema.ModuleFiles(a.cueModule()) {
		tree[path] = text
	}
	present, err := filepath.Glob(filepath.Join(globbed(a.path(a.specs)), "*.cue"))
	if err != nil {
		return nil, err
	}
	if len(present) == 0 {
		tree[specs+"/api_token.cue"] = []byte(strings.Replace(templates.Spec, "package specs", "package "+packageOf(specs), 1))
	}
	flags := a.otherFlags()
	root := strings.TrimSuffix(strings.Repeat("../", strings.Count(specs, "/")+1), "/")
	tree[specs+"/generate.go"] = []byte(strings.NewReplacer("PACKAGE", packageOf(specs), "TOOL", a.tool(root+"/"), "ROOT", root, "FLAGS", flags).Replace(templates.Generate))
	attributes, err := files.Dir{Root: a.dir(), Path: a.dir(), Name: "."}.Read(attributesFile)
	if err != nil {
		return nil, err
	}
	tree[attributesFile] = withAttributes(attributes, strings.NewReplacer("OUT", name(a.gen), "GOLDEN", name(a.golden)).Replace(templates.Attributes))
	tree[".github/workflows/esogen.yml"] = []byte(strings.NewReplacer("TOOL", a.tool(""), "FLAGS", flags, "OUT", name(a.gen)).Replace(templates.Workflow))
	return tree, nil
}

// toolModule is the module file of a project that keeps what esogen needs out
// of its go.mod.
const toolModule = "esogen.mod"

// tool returns the command that runs esogen, in a directory from which prefix
// leads to the project.
func (a *app) tool(prefix string) string {
	if _, err := os.Stat(a.path(toolModule)); err == nil {
		return "go tool -modfile=" + prefix + toolModule + " esogen"
	}
	return "go tool esogen"
}

const attributesFile = ".gitattributes"

// withAttributes adds the lines to a file of attributes whose patterns are not
// in it.
func withAttributes(file []byte, wanted string) []byte {
	if len(file) == 0 {
		return []byte(wanted)
	}
	have := map[string]bool{}
	for text := range strings.Lines(string(file)) {
		pattern, _, _ := strings.Cut(strings.TrimSpace(text), " ")
		have[pattern] = true
	}
	var missing []string
	for text := range strings.Lines(wanted) {
		if pattern, _, _ := strings.Cut(text, " "); !have[pattern] && pattern != "#" {
			missing = append(missing, text)
		}
	}
	if len(missing) == 0 {
		return file
	}
	return []byte(strings.TrimSuffix(string(file), "\n") + "\n" + strings.Join(missing, ""))
}

// globbed escapes a path for filepath.Glob.
func globbed(path string) string {
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// otherFlags returns the flags that lead to the directories, where they are
// not the default ones.
func (a *app) otherFlags() string {
	var flags string
	for _, f := range []struct{ name, value, usual string }{
		{"specs", a.specs, "specs"}, {"out", a.gen, "generated"}, {"golden", a.golden, "golden"},
	} {
		if f.value != f.usual {
			flags += fmt.Sprintf(" --%s=%s", f.name, f.value)
		}
	}
	return flags
}

// packageOf returns the name of the package in a directory, for CUE and Go.
func packageOf(dir string) string {
	name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(path.Base(dir)), "")
	if name == "" || name[0] <= '9' {
		return "specs"
	}
	return name
}

// goModule finds the module path in a go.mod.
var goModule = regexp.MustCompile(`(?m)^module[ \t]+"?([^\s"]+)`)

// cueModules are the Go module paths that can be CUE module paths, too.
var cueModules = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(/[a-z0-9]+([._-][a-z0-9]+)*)*$`)

// cueModule returns the path of the project's CUE module: that of its Go
// module, where CUE takes it.
func (a *app) cueModule() string {
	module := "product.example"
	if data, err := os.ReadFile(a.path("go.mod")); err == nil {
		if found := goModule.FindSubmatch(data); found != nil && cueModules.Match(found[1]) {
			module = string(found[1])
		}
	}
	return module + "@v0"
}

// printScaffold says what was written and what comes next.
func (a *app) printScaffold(tree files.Tree, changes []files.Change) {
	written := map[string]bool{}
	for i := range changes {
		written[changes[i].Path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(tree)) {
		if written[path] {
			fmt.Fprintf(a.out, "wrote %s\n", path)
		} else {
			fmt.Fprintf(a.out, "kept  %s\n", path)
		}
	}
	fmt.Fprintf(a.out, "\nNext:\n  %s\n", strings.Join(a.nextSteps(), "\n  "))
}

// nextSteps returns the commands that lead from a new project to its first
// green test.
func (a *app) nextSteps() []string {
	const command = "github.com/esogen/esogen/cmd/esogen"
	var steps []string
	module, err := os.ReadFile(a.path("go.mod"))
	if err != nil {
		steps = append(steps, "go mod init example.com/product")
	}
	if tools, err := os.ReadFile(a.path(toolModule)); err == nil {
		if !bytes.Contains(tools, []byte(command)) {
			steps = append(steps, "go get -tool -modfile="+toolModule+" "+command)
		}
		// The runtime is in go.mod, beside the tool that is not.
		if !bytes.Contains(module, []byte("github.com/esogen/esogen ")) {
			steps = append(steps, "go get github.com/esogen/esogen")
		}
	} else if !bytes.Contains(module, []byte(command)) {
		steps = append(steps, "go get -tool "+command)
	}
	tool := a.tool("")
	return append(steps, tool+" generate", tool+" golden", "go test ./"+name(a.gen)+"/...")
}
