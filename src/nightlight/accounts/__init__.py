"""How people prove who they are: passwords, second factors, sessions, API tokens. What they may do is the catalog's."""
