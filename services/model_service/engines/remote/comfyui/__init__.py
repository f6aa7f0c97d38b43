"""Keyframes and clips by a workflow on a ComfyUI server.

Sources: ComfyUI's `server.py`, `execution.py` and its documentation, "Routes" and "Messages".
"""
