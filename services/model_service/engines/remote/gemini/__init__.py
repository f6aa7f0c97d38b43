"""Keyframes by Gemini's image models, through Google's own SDK.

Sources: Gemini API, "Image generation", "generateContent", "Troubleshooting"; the package google-genai.
"""
