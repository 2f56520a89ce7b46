"""Who is who: identifiers, the claims that events make about them, and which profile owns what."""
