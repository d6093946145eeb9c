from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedWhereCollected(CompressedManifestStaticFilesStorage):
    """On a server, where `collectstatic` ran: names with hashes, cached for ever. In a checkout, where it did not: the
    plain names, which WhiteNoise finds in the apps and `static/`.
    """

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name
