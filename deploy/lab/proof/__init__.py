"""What the lab is for: Nagios watched while something breaks, as a measurement, a matrix, a demo, a recorded story, a picture."""
