"""What a browser is shown, one file a page."""
