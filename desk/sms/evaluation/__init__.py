"""How well inbound texts are read as asking for no more texts."""
