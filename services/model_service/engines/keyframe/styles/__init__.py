"""The nine styles, one module each: how a scene's layers become a film frame, a comic, a wash of ink, and so on."""
