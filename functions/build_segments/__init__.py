"""Lists everybody in batches for a build, and reports what came of it."""
