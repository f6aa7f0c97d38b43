"""The object store: holds bytes by digest, in a folder or in a bucket (S3, Google Cloud Storage, Azure)."""

from services.adapters.objects.media import ObjectMedia, open_media

__all__ = ["ObjectMedia", "open_media"]
