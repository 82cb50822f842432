"""The chaos run: many stories through two processes that are killed, to a Slack that fails. ``make chaos`` runs it."""
