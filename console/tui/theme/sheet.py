"""The style sheet: where things stand. Colours are in `styles`."""

from typing import Final

SHEET: Final = """
Screen, ModalScreen { layers: base; padding: 0; overflow: hidden; }
Header, Notice, Footer, Heading { height: 1; width: 100%; }
Notice { display: none; }
#body { height: 1fr; width: 100%; }
#command { display: none; height: 2; width: 100%; }
.view { height: 1fr; width: 100%; display: none; }
.view.-here { display: block; }

#lower { height: 1fr; width: 100%; layout: vertical; }
#gateways-panel { width: 100%; height: 6; }
#stuck-panel { width: 100%; height: 1fr; }
#lower.-wide { layout: horizontal; }
#lower.-wide #gateways-panel { width: 1fr; height: 100%; margin-right: 1; }
#lower.-wide #stuck-panel { width: 1fr; height: 100%; }
VirtualTable { height: 1fr; width: 100%; }
PartsLine { height: auto; width: 100%; }
DeskLine { height: 1; width: 100%; display: none; }
CalendarStrip { height: 2; width: 100%; }
CardUnderCursor { height: 8; width: 100%; }

#filter, AuditPane Prompt { height: 2; width: 100%; display: none; }
FilterLine { height: 1; width: 100%; }
Summary { height: 2; width: 100%; }
Reader { height: 1fr; width: 100%; }

ModalScreen { align: center middle; background: transparent; }
.dialog { width: 72; max-width: 100%; height: auto; max-height: 100%; }
.dialog.-change { width: 100; }
FormLines { height: 4; width: 100%; }
.dialog Prompt { height: 2; width: 100%; }
.dialog .title { height: 1; width: 100%; }
ChoiceList { height: 1fr; width: 100%; }
ConfirmText { height: auto; width: 100%; }
Buttons { height: 1; width: 100%; }
HelpScreen .dialog { width: 100%; height: 100%; }
"""
