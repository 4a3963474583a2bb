package rollout

// scene is what it takes to play a trace again: the releases, and what they
// did.
type scene struct {
	play  *play
	steps []*state // oldest first
	breach
}

func (p *play) scene(s *state, b breach) *scene {
	sc := &scene{play: p, breach: b}
	for at := s; at != nil; at = at.parent {
		sc.steps = append([]*state{at}, sc.steps...)
	}
	return sc
}
