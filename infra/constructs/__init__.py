"""Building blocks that every stack uses: one file per noun."""
