package main

import (
	"slices"
	"strings"
	"testing"
)

func TestCorpusHasWhatItPromises(t *testing.T) {
	names := map[string]bool{}
	for _, o := range corpus(200) {
		if names[o.name] {
			t.Errorf("%s: twice", o.name)
		}
		names[o.name] = true
		if len(o.attributes) != attributesPerType || o.first != attributesInModel1 {
			t.Errorf("%s: %d attributes, %d in model 1", o.name, len(o.attributes), o.first)
		}
		seen := map[string]bool{}
		for _, a := range o.attributes {
			if seen[a.name] {
				t.Errorf("%s: %s twice", o.name, a.name)
			}
			seen[a.name] = true
		}
	}
}

func TestShorterCorpusIsTheBeginningOfALongerOne(t *testing.T) {
	short, long := corpus(10), corpus(100)
	for i := range short {
		if short[i].name != long[i].name || !slices.EqualFunc(short[i].attributes, long[i].attributes, func(a, b attribute) bool { return a.name == b.name }) {
			t.Errorf("type %d differs", i)
		}
	}
}

func TestBothSidesHaveTheSameFields(t *testing.T) {
	for _, o := range corpus(50) {
		specText := spec(o)
		var proto strings.Builder
		protoMessage(&proto, o)
		for _, a := range o.attributes {
			if !strings.Contains(specText, "\t"+a.name+":") && !strings.Contains(specText, "\t"+a.name+"?:") {
				t.Errorf("%s: the spec lacks %s", o.name, a.name)
			}
			if !strings.Contains(proto.String(), " "+snake(a.name)+" = ") {
				t.Errorf("%s: the message lacks %s", o.name, a.name)
			}
		}
	}
}

func TestMedian(t *testing.T) {
	got := median([]cost{{3, 30, 1}, {1, 10, 9}, {2, 20, 5}})
	if want := (cost{2, 20, 9}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
