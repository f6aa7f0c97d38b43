"""Pictures from diffusion models, through diffusers."""
