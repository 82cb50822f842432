"""Sources: where documents come from. Replay files, and one polling round of the feeds.

A source gives ``Document``s and nothing else; what is in them, ``transforms.parse`` finds out.
"""
