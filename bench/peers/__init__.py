"""Other job systems doing nothing, beside ours: `python -m bench.peers` says how."""
