"""Real processes under a seeded rain of faults, and a checker that reads what happened: `make chaos`, docs/chaos.md."""
