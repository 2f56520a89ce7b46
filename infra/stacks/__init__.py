"""The stacks: data that outlives a deployment, and the engine that works on it."""
