"""Sources, queues: articles from a Kafka topic or a Pub/Sub subscription, read as they come.

* ``spec`` is what a configuration says of a queue; plain data, no client is imported.
* ``offsets`` counts what was read of a partition; ``positions`` is what the store remembers of it.
* ``broker`` speaks with Kafka; ``kafka`` and ``pubsub`` make documents of messages.
"""
