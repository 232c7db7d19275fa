"""Where filtered batches go.  A sink takes nothing else, and writes what it takes whole."""
