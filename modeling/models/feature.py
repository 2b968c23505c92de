"""The cache of image statistics: computed once per picture, its task's pictures and its siblings."""

from __future__ import annotations

from django.db import models


class FeatureRow(models.Model):
    """The feature vector of one candidate as float32 bytes; `key` hashes picture, assets, siblings, rules and the extractor's version.

    Nothing but speed depends on it: a row that is missing is computed again.
    """

    candidate = models.OneToOneField("labeling.Candidate", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    values = models.BinaryField()

    def __str__(self) -> str:
        return self.key[:12]
