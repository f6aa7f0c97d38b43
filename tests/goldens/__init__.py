"""Golden pictures: what the painter made when somebody last looked, kept small, and how far a picture may be from it."""
