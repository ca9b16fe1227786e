"""`gex monitor`: what a feed leaves in a folder becomes results; limits are checked, and alerts delivered."""
