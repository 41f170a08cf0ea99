"""The soak: clients ask the edge without a break while one fault after the other hits a part.

`faults`     what breaks, and what the clients may notice
`clients`    the load, and when each rate was last answered
`footprint`  memory and open files of what lives through all of it
`soak`       the rounds, and what they found
`__main__`   `./dev soak`
"""
