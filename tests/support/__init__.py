"""What the tests of several folders share; nothing here is a test, and nothing is shipped.

`clocks`     time that a test moves
`fetching`   downloads that fail because this machine reaches nobody
`programs`   programs that a machine may lack
`modules`    modules that lie beside a test
`servers`    MySQL and Redis in containers
`terraform`  terraform, offline where that can be had
"""
