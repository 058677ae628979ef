"""A door on loopback through which this machine's browser reaches one host, and nobody else does.

It opens for one browser, by a link that works once, and ends with its process.
"""
