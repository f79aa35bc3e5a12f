"""The test of docker-compose.yml, in parts; scripts/test-compose runs it."""
