"""Figures and the accuracy table, all drawn from the tables of evaluation."""
