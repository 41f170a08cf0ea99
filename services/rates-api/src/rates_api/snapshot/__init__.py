"""What a worker holds in memory and answers from.

`history` one series with its revisions    `snapshot` everything as of one event of the record
`level`   how good that is at an instant   `current`  the one mutable reference of a worker
`sources` loading one, from the first source that has it
"""
