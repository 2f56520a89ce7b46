"""Who has to be judged again when: shards, resting instants, batches and delays."""
