"""The master's Python: one process per master that holds the script and does what a script does on a master.

`python -m acrida.script_host` talks to the master, which started it, over its standard input and output. It
loads the script, parses the script's own arguments, fires its hooks, ticks its load shape and delivers its
messages. It starts no users.
"""
