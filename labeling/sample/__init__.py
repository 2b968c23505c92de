"""The sample project: invented orders, pictures drawn by this package, and a few answers, so that a new site has something to show.

It is stored by the same functions as an import, and answered by the same functions as the pages use.
"""
