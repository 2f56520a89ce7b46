"""Goes on with enrolments whose wait is over, where the due index is the clock."""
