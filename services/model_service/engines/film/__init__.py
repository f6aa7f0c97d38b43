"""Films: clips become segments and transitions, voices and music a soundtrack, and all of them, copied, a film."""
