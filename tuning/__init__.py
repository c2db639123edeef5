"""Makes the tuned encoder; not needed to run or to train the assistant."""
