"""Lambda glue: settings, observability, HTTP and batch handling."""
