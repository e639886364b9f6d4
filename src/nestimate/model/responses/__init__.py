"""What a reading is: how likely it is given the true mean of its unit."""
