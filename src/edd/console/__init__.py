"""The web console: files for a browser, and the rules under which they are shown.

Whoever serves them decides who may have them; nothing here speaks HTTP.
"""
