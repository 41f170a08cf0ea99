"""Runs the platform and its tests on one machine: what ./dev hands over to.

`up`, `status` and `down` start and end the processes of the platform; `test` runs every check and
test; `lock` compiles the locks. Nothing here is deployed, and no service imports it.
"""
