"""Tests of the commands that read, and of what they draw."""
