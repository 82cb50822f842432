"""The lists of the gazetteer, made from openly licensed data."""
