"""What an experiment is made of: behaviors, videos and their columns, clips, folds."""
