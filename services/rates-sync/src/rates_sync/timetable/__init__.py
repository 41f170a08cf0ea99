"""What holds when: pure functions of the clock, the bank calendar and what is known.

`calendar` banking days and polling hours   `schedule`, `pace` when the next cycle runs
`transitions` limits and states ahead       `averages` the means of the coming days
`status` all of it as the status that sync ships
"""
