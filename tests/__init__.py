"""Tests of pykraken: folders mirror `publisher/`; `servers`, `requirements`, `polling` are shared."""
