"""How the console looks: names of styles on one side, palettes on the other."""
