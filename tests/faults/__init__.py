"""What happens when the machine, not the input, is at fault; and input that never ends."""
