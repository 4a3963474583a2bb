package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// databaseOf opens the store of a database, with the keys of a key file as it is in
// memory now.
func (a *app) databaseOf(f *openedFile, dsn string) (*store.Store, func(), error) {
	keys, err := f.Keyring()
	if err != nil {
		return nil, nil, keyError(err)
	}
	db, err := a.database(dsn)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.New(db.DB, db.dialect, keys, store.Options{})
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return s, func() { db.Close() }, nil
}

// database opens what --dsn names.
func (a *app) database(dsn string) (*database, error) {
	if dsn == "" {
		return nil, hinted(errors.New("--dsn is empty"), dsnForm)
	}
	if holdsPassword(dsn) {
		a.say("warning: the password in --dsn can be seen by every process of this machine; PGPASSWORD, PGPASSFILE and ~/.pgpass cannot")
	}
	return openDatabase(dsn, a.path)
}

// asked is an error of a database that a keys command asked.
func asked(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return stopped(ctx, store.Report{}, err)
}

// leftBehind says how long a registration outlives its process.
const leftBehind = "a process that ended without Leave, as by a kill, is forgotten ten minutes after its last CheckKeys"

// knownEverywhere refuses keys that a registered process lacks.
func (a *app) knownEverywhere(ctx context.Context, f *openedFile, keys []keyfile.KeyInfo, dsn string) error {
	s, end, err := a.databaseOf(f, dsn)
	if err != nil {
		return err
	}
	defer end()
	all, err := s.Processes(ctx, 0)
	if err != nil {
		return asked(ctx, err)
	}
	if len(all) == 0 {
		a.say("warning: no process has called CheckKeys in this database lately: nothing shows that all of them know %s", phrase.Of(len(keys), "it", "them"))
		return nil
	}
	var behind []store.Process
	var lacking []string
	for _, p := range all {
		if ids := p.Lacks(idsOf(keys)...); len(ids) > 0 {
			behind, lacking = append(behind, p), append(lacking, ids...)
		}
	}
	if len(behind) > 0 {
		slices.Sort(lacking)
		lacking = slices.Compact(lacking)
		return hinted(fmt.Errorf("%s %s not know %s yet: %s", processCount(len(behind)), phrase.Of(len(behind), "does", "do"), keyWords(lacking), processList(behind)),
			"have them read the file again, by Refresh or a restart, and call CheckKeys; "+leftBehind)
	}
	a.say("checked: %s of this database know%s %s", processCount(len(all)), phrase.Of(len(all), "s", ""), phrase.Of(len(keys), "it", "them"))
	return nil
}

func processCount(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}

func keyWords(ids []string) string {
	if len(ids) == 1 {
		return "key " + quotedIDs(ids)
	}
	return "keys " + quotedIDs(ids)
}

func idsOf(keys []keyfile.KeyInfo) []string {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	return ids
}

// processList names processes, the first few.
func processList(processes []store.Process) string {
	const most = 3
	var names []string
	for _, p := range processes[:min(most, len(processes))] {
		names = append(names, fmt.Sprintf("%q", p.About))
	}
	text := strings.Join(names, ", ")
	if more := len(processes) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// unused refuses to give up keys that a registered process may still seal under, or
// that an object of the database is under.
func (a *app) unused(ctx context.Context, f *openedFile, keys []keyfile.KeyInfo, dsn string) error {
	definitions, err := a.definitionsIfAny(ctx)
	if err != nil {
		return err
	}
	s, end, err := a.databaseOf(f, dsn)
	if err != nil {
		return err
	}
	defer end()
	if err := a.unsealing(ctx, s, keys); err != nil {
		return err
	}
	scan, err := a.scan(ctx, s, store.ScanOptions{Definitions: definitions})
	if err != nil {
		return err
	}
	if err := a.belongs(f, scan); err != nil {
		return err
	}
	for _, k := range keys {
		if n := scan.Under(k.ID); n > 0 {
			return hinted(fmt.Errorf("%s still need%s key %q: %s", objectCount(n), phrase.Of(n, "s", ""), k.ID, usesOf(scan, k.ID)),
				fmt.Sprintf("seal them anew: esogen rotate --keys %s --dsn DSN; then run this again", f.name))
		}
	}
	if n := scan.Under(""); n > 0 {
		return hinted(unclear(n, usesOf(scan, "")),
			"run it with specs that declare these types; repair or delete what does not open: esogen rotate lists it")
	}
	if err := a.unsealing(ctx, s, keys); err != nil { // one may have started during the scan
		return err
	}
	a.say("checked: none of %s needs %s", objectCount(scan.Objects), phrase.Of(len(keys), "it", "them"))
	return nil
}

func unclear(n int64, which string) error {
	return fmt.Errorf("nobody can tell which key %s need%s: %s", objectCount(n), phrase.Of(n, "s", ""), which)
}

// unsealing refuses keys that a registered process may seal under.
func (a *app) unsealing(ctx context.Context, s *store.Store, keys []keyfile.KeyInfo) error {
	sealing, err := s.ProcessesSealingAny(ctx, idsOf(keys), 0)
	if err != nil {
		return asked(ctx, err)
	}
	if len(sealing) > 0 {
		return hinted(fmt.Errorf("%s may still seal under %s: %s", processCount(len(sealing)), keyWords(idsOf(keys)), processList(sealing)),
			"have them read the file again, by Refresh or a restart, and call CheckKeys, then rotate; "+leftBehind)
	}
	return nil
}

// belongs refuses a database that has objects, and none under any key of the file: it is
// that of another installation.
func (a *app) belongs(f *openedFile, scan store.KeyScan) error {
	if scan.Objects == 0 {
		a.say("warning: the database has no object: is it the one of the product?")
	}
	info, others := f.Info(), int64(0)
	for _, u := range scan.Uses {
		switch {
		case slices.ContainsFunc(info.Keys, func(k keyfile.KeyInfo) bool { return k.ID == u.KeyID }):
			return nil
		case u.KeyID != "":
			others += u.Objects
		}
	}
	if others == 0 {
		return nil
	}
	return hinted(fmt.Errorf("no object of the database is under a key of %q, but %s under others", f.name, objectCount(others)), "is it the database of the product?")
}

// scan reads all documents, and shows how far it is.
func (a *app) scan(ctx context.Context, s *store.Store, o store.ScanOptions) (store.KeyScan, error) {
	meter := a.meter()
	o.Progress = func(scanned, total int64) { meter.show("scanned", int(scanned), int(total), 0) }
	scan, err := s.ScanKeys(ctx, o)
	meter.end()
	return scan, asked(ctx, err)
}

// usesOf says of which types the objects under a key are.
func usesOf(scan store.KeyScan, id string) string {
	var parts []string
	for _, u := range scan.Uses {
		if u.KeyID == id {
			parts = append(parts, fmt.Sprintf("%d of type %q", u.Objects, u.Type))
		}
	}
	return phrase.List(parts)
}

// definitionsIfAny loads the specs, if the directory has any. Only objects of the kibana
// format need them: a native seal names its key.
func (a *app) definitionsIfAny(ctx context.Context) ([]*eso.Definition, error) {
	if _, err := os.Stat(a.path(a.specs)); err != nil {
		return nil, nil
	}
	types, err := a.load(ctx, false)
	if err != nil {
		return nil, err
	}
	var definitions []*eso.Definition
	for _, t := range types {
		if len(t.Models) > 0 {
			definitions = append(definitions, runtimedef.Of(t))
		}
	}
	return definitions, nil
}

// mark notes in databases that keys were given up, so that no process misses them. The key
// file is changed by then.
func (a *app) mark(ctx context.Context, f *openedFile, state store.KeyState, ids []string, dsns ...string) {
	for _, dsn := range dsns {
		s, end, err := a.databaseOf(f, dsn)
		if err == nil {
			err = s.MarkKeys(ctx, state, ids...)
			end()
		}
		if err != nil {
			a.say("warning: the database does not note it yet (%s); run it again", withoutPackages(asked(ctx, err)))
		}
	}
}

// onlyOf refuses to shred the keys of a namespace if that would destroy more than the
// secrets of that namespace, or not all of them.
func (a *app) onlyOf(ctx context.Context, f *openedFile, namespace, dsn string) error {
	definitions, err := a.definitionsIfAny(ctx)
	if err != nil {
		return err
	}
	s, end, err := a.databaseOf(f, dsn)
	if err != nil {
		return err
	}
	defer end()
	var own []string
	for _, k := range f.Info().Keys {
		if k.Namespace == namespace {
			own = append(own, k.ID)
		}
	}
	behind, err := s.ProcessesSealing(ctx, "", 0)
	if err != nil {
		return asked(ctx, err)
	}
	if len(behind) > 0 {
		return hinted(fmt.Errorf("%s may seal secrets of %q under another key: %s", processCount(len(behind)), namespace, processList(behind)),
			"have them read the file again, by Refresh or a restart, and call CheckKeys, then rotate; "+leftBehind)
	}
	scan, err := a.scan(ctx, s, store.ScanOptions{Definitions: definitions, Namespace: &namespace})
	if err != nil {
		return err
	}
	if len(definitions) == 0 && len(scan.Uses) > 0 {
		return hinted(fmt.Errorf("there are no specs: nobody can tell which objects of %q other namespaces see, and which outlive its keys", namespace),
			"run it where the specs are, with -C or --specs; --no-database checks nothing")
	}
	rotate := fmt.Sprintf("seal them anew: esogen rotate --keys %s --dsn DSN; then run this again", f.name)
	for _, u := range scan.Uses {
		at := slices.IndexFunc(definitions, func(d *eso.Definition) bool { return d.Type == u.Type })
		bound := at < 0 || bindsNamespace(definitions[at])
		switch mine := slices.Contains(own, u.KeyID); {
		case mine && !bound:
			return hinted(fmt.Errorf("%s of type %q, which other namespaces see, need%s key %q of %q", objectCount(u.Objects), u.Type, phrase.Of(u.Objects, "s", ""), u.KeyID, namespace), rotate)
		case mine && at < 0:
			a.say("warning: no spec declares %q: nobody can tell whether other namespaces see its %s under key %q", u.Type, objectCount(u.Objects), u.KeyID)
		case at < 0:
			a.say("warning: no spec declares %q: nobody can tell whether its %s in %q, under %s, had to be sealed anew first", u.Type, objectCount(u.Objects), namespace, keyWord(u.KeyID))
		case !mine && bound:
			return hinted(fmt.Errorf("%s of type %q in %q %s under %s, which stays: shredding would not destroy %s", objectCount(u.Objects), u.Type, namespace, phrase.Of(u.Objects, "is", "are"), keyWord(u.KeyID), phrase.Of(u.Objects, "it", "them")), rotate)
		}
	}
	return nil
}

// bindsNamespace reports whether what this release seals of a type is bound to a
// namespace, and so is under the key of that.
func bindsNamespace(d *eso.Definition) bool {
	m := d.Models[d.Write-1]
	return m.Format == eso.Native && (m.Namespaces == eso.Single || m.Namespaces == eso.MultipleIsolated)
}

func keyWord(id string) string {
	if id == "" {
		return "an unknown key"
	}
	return fmt.Sprintf("key %q", id)
}

// compareKeys compares the keys of a file with the canary of a database.
func (a *app) compareKeys(ctx context.Context, f *openedFile, dsn string) ([]string, error) {
	s, end, err := a.databaseOf(f, dsn)
	if err != nil {
		return nil, err
	}
	defer end()
	report, err := s.CompareKeys(ctx)
	wrong := (*store.KeysError)(nil)
	if errors.As(err, &wrong) {
		return []string{strings.ReplaceAll(wrong.Error(), "this process", "the file")}, nil
	}
	if err != nil {
		return nil, asked(ctx, err)
	}
	if report.Newer != "" {
		a.say("processes of this database seal under %q, which is newer than the primary key of the file", report.Newer)
	}
	return nil, nil
}
