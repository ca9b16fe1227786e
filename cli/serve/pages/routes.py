"""All pages of the site and what they load, as routes of the application."""

from gex.cli.serve.pages import compare, downloads, files, flows, home, regime, replay, series, snapshot

ROUTES = [
    route
    for module in (home, snapshot, replay, compare, series, flows, regime, downloads, files)
    for route in module.ROUTES
]
