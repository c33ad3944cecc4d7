"""Dashboards as files: questions, charts, small cells suppressed, and how far the data behind them can be trusted."""
