"""Files of customers: read row by row, mapped to events, and every bad row named with a remedy."""
