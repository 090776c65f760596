"""The console on a terminal. Importing it takes out of the environment what would drive the application.

That happens here because Textual reads its variables when it is imported, and nothing of the console
can import Textual before this.
"""

from console.tui.terminal.environment import scrub

scrub()
