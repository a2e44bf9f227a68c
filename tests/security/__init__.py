"""What deploy/SECURITY.md claims, shown: users and their rights, secrets, what is dumped."""
