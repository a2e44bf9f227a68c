"""Tests of `pykraken doctor`: each finding, and its mend."""
