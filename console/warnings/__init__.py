"""Early warning: what the platform notices by itself, its likely cause, and who is harmed when."""
