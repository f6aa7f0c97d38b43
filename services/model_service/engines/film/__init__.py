"""Films: a shot's clip becomes a segment (subtitles, transition), and segments become a film (voices, music, one loudness)."""
