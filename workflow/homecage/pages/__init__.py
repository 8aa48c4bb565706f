"""What pages to read in a browser share: how they are filled in, and their look."""
