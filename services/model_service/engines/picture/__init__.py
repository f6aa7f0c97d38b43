"""What all engines share that have a picture made, whoever makes it: its words, and its size."""
