"""The rules without any I/O: what a generation, a reservation, a quota and a delivery may do. Standard library only."""
