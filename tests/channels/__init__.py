"""Tests of publisher/channels."""
