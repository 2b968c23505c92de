"""ServImageScore: brief following, visual quality and consistency, each part with its prompt beside its parser."""

from judging.rubrics.servimage_score.rubric import ServImageScore

__all__ = ["ServImageScore"]
