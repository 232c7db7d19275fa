"""What a dump looks like on disk: recognised by content, read in chunks, memory bounded."""
