"""Polling times, limits and states: pure functions of clock, bank calendar and newest data.

`calendar` banking days and polling hours   `schedule` when the next cycle runs
`poll_intervals` the time between polls     `transitions` limits and coming states
`averages` the averages of the coming days
`status` combines them into the status sent with every event
"""
