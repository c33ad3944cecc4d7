"""Pages, routes, sign-in, dashboards."""
