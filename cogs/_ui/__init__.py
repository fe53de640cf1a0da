"""What every command shares: who may, answers and refusals, buttons, texts and translation."""
