"""deploy/ held to its own rules: files by their tools and schemas, the job's graph by Dataflow's own translation."""
