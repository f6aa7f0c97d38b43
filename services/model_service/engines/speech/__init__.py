"""Speech: a line of text as a voice, with the time of every word."""
