"""The jobs of the models. What they run is imported when a worker begins: no web process needs it."""

from __future__ import annotations

from labeling.jobs.context import JobContext


def train(context: JobContext) -> None:
    """Do the training run of the params."""
    from modeling.train_job import train_run

    train_run(context)


def suggest(context: JobContext) -> None:
    """Compute what the version of the params says about candidates it has said nothing about."""
    from modeling.suggest_job import suggest

    suggest(context)


def gate(context: JobContext) -> None:
    """Judge the version of the params against the one in use."""
    from modeling.gate_job import judge_again

    judge_again(context)


def drift(context: JobContext) -> None:
    """Look at how the version in use does."""
    from modeling.drift import look

    look(context)


def features(context: JobContext) -> None:
    """Measure the images that the params name."""
    from modeling.feature_job import fill_features

    fill_features(context)


def predict(context: JobContext) -> None:
    """Tell what a version says about the order and pictures of the params."""
    from modeling.predict_job import predict

    predict(context)
