"""From files to pictures: sources, decoding, duplicates, splits, the pack of decoded pictures."""
