"""Scores of the reading against gold: one module a part, each with ``score(path) -> Mapping[str, float]``.

``board.py`` finds the parts and their sets, ``__main__.py`` is `make quality`, ``sample/`` holds our own gold texts.
"""
