"""How a job runs: its device, precision and memory, the code it is, the run it works for."""
