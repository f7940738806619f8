"""A local HTTP stand-in for data.gouv.fr (SIM2) and Hub'Eau (niveaux_nappes), serving generated data.

`world.Scenario` says what is generated; `server.build_app`, `server.running` and `server.serve_forever`
serve it. Nothing here is a measurement: place names, producers and values are made up.
"""
