"""Profiles: which service a console speaks to, with which guards and which looks.

Standard library only, so that a script that switches profiles starts in a blink: no pydantic, no HTTP,
no screen. Never talks to a service.
"""
