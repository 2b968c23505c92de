"""Training runs, versions and predictions for programs; every address is one of the API of labeling/api/."""
