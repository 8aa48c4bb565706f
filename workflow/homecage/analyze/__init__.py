"""What ethograms say of animals: groups compared, and days drawn."""
