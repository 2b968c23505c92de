"""The pages of a project's lead; everybody else gets 404."""
