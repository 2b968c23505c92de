"""The pictures of the sample project, drawn from shapes, gradients and letters."""
