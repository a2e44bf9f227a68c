"""Tests of the sockets against the simulator, each book judged by the naive models of tests/."""
