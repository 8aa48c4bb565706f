"""The pages of the videos in a real browser, as a person opens and uses them."""
