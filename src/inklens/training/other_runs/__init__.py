"""What a training takes from a run that is finished: layers to start from, or answers to learn."""
