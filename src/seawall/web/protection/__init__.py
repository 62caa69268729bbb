"""What stands between us and the loss: the provision."""
