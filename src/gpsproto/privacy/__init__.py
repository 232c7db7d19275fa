"""The one door: what may leave, under which pseudonym, and for how long."""
