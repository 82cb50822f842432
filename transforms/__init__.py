"""The domain: pure functions over the models that flow, and beside each the transform that wires it."""
