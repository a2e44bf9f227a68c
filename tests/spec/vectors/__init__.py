"""The cases behind consumers/spec/vectors: written by hand, packed by an encoder of their own."""
