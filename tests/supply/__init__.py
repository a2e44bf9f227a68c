"""What the publisher is made of: `make sbom` lists it, `make audit` asks whether any of it is known
to be vulnerable.

wanted    what pyproject.toml leads to, by the packages' own metadata
sbom      the bill of materials, and what is missing in it
audit     pip-audit's answer, and what it could not ask
__main__  the commands; they run in .venv-supply, so that their own packages are not judged
"""
