package store

import eso "github.com/esogen/esogen/runtime"

func storableAsJSONB(eso.Document) error { return nil }
