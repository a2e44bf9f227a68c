"""Coverage-guided fuzzing with atheris: `python -m tests.fuzz` (make fuzz).

targets   what each input is put to, and what may come out; plain Python, run by pytest as well
seeds     the first inputs, made from vectors, captures and a message of each channel
drive     one target under atheris, in a process of its own
__main__  all targets within a time or a number of inputs, and the report
findings  inputs that once broke something, run by every `make test`
"""
