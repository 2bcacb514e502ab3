"""The training loop: Keras's `fit`, set up so that a small network's time goes into arithmetic."""
