"""Tests of pykraken: folders mirror `publisher/`; servers, requirements and polling are shared."""
