package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) keysListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list FILE",
		Short: "List the keys of a key file",
		Long: `list prints what a key file shows without its passphrase: the ids of its keys,
their kinds and namespaces, which are primary, what was retired and shredded. Anyone
who can write the file could have changed that: "esogen keys check" verifies it.`,
		Example: `  go tool esogen keys list keys.json
  go tool esogen keys list keys.json --json`,
		Args:              fileArgument(0, false),
		ValidArgsFunction: a.completeKeys(nil),
		RunE: func(_ *cobra.Command, args []string) error {
			info, text, err := a.inspectKeys(args[0])
			if err != nil {
				return err
			}
			a.warnMode(args[0], text.Mode)
			if asJSON {
				return printJSON(a.out, listing(args[0], info, false))
			}
			a.printKeys(args[0], info)
			a.say(`not verified: "esogen keys check %s" opens the file`, args[0])
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// verifying has the flags of check.
type verifying struct {
	wrapping
	dsn    string
	asJSON bool
}

func (a *app) keysCheckCommand() *cobra.Command {
	var v verifying
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Open every key of a key file, and verify all of it",
		Long: `check opens a key file and each key in it, and compares its check value. With
--dsn, it also compares the keys with what the database notes of them: that the file
has every key that the processes there have sealed with, and the same ones.` + aboutKeyFiles,
		Example: `  go tool esogen keys check keys.json
  go tool esogen keys check keys.json --dsn postgres://app@db.example.com/product`,
		Args:              fileArgument(0, false),
		ValidArgsFunction: a.completeKeys(nil),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keysCheck(cmd.Context(), args[0], &v) },
	}
	a.wrapFlags(cmd, &v.wrapping)
	dsnFlag(cmd, &v.dsn, "compare the keys with the canary of this database")
	cmd.Flags().BoolVar(&v.asJSON, "json", false, "print the result as JSON")
	return cmd
}

func dsnFlag(cmd *cobra.Command, dsn *string, what string) {
	cmd.Flags().StringVar(dsn, "dsn", "", what+": `DSN` is sqlite:PATH or postgres://…")
}

// dsnsFlag is dsnFlag for several databases with one key file.
func dsnsFlag(cmd *cobra.Command, dsns *[]string, what string) {
	cmd.Flags().StringArrayVar(dsns, "dsn", nil, what+": `DSN` is sqlite:PATH or postgres://…; may be repeated")
}

func (a *app) keysCheck(ctx context.Context, name string, v *verifying) error {
	f, err := a.readKeyFile(ctx, name, &v.wrapping) // which opens each key
	if err != nil {
		return err
	}
	info := f.Info()
	var found []string
	if v.dsn != "" {
		if found, err = a.compareKeys(ctx, f, v.dsn); err != nil {
			return err
		}
	}
	if v.asJSON {
		if err := printJSON(a.out, checkedFile{listing(name, info, true), orEmpty(found)}); err != nil {
			return err
		}
	} else {
		a.printKeys(name, info)
		for _, text := range found {
			fmt.Fprintln(a.out, text)
		}
	}
	if len(found) > 0 {
		return findings("%q does not fit the database", name)
	}
	a.say("%s: %s opened, each is the one that its check value names", name, keyCount(len(info.Keys)))
	return nil
}

// checkedFile is what check prints as JSON.
type checkedFile struct {
	listedFile
	Findings []string `json:"findings"`
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
