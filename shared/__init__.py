"""Code that functions share: the pure core, the AWS edge and the Lambda glue."""
