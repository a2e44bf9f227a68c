"""Tests of publisher/commands."""
