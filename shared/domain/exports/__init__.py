"""What an export of a person holds, in files that people and programs can read."""
