"""What the tests of several folders share; nothing here is a test, and nothing is shipped.

`fetching`   downloads that fail because this machine reaches nobody
`terraform`  terraform, offline where that can be had
"""
