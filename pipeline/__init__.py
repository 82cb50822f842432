"""The shell: what runs, where, and with what memory. It imports transforms; never the other way."""
