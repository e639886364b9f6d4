"""Numbers, words and pictures from draws."""
