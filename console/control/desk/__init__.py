"""The change desk: previews, guards, approves, does, undoes and tells of every change, whatever its kind."""
