"""The CDK app: stacks, constructs and the local stack that runs the same templates."""
