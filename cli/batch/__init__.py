"""Many jobs: executors that run them, and what keeps account of them."""
