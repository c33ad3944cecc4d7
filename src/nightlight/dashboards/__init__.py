"""Dashboards as files: questions, charts, small cells suppressed, and how far the data behind them can be trusted."""

# How it is used:
#
#     dashboard = find_dashboard(home.dashboards, "program_health")              # files: Dashboard | error | None
#     viewer = Viewer("lin", dashboard.purpose_of(allowed))                      # answer
#     filled = fill_in_for(broker, dashboard, viewer, {"period_from": ..}, now)  # answer: parameters, with errors
#     for answer in answer_dashboard(broker, dashboard, viewer, filled):         # answer: rows, small counts hidden
#         svg(answer.chart.vega, answer.plot_rows(zone), title=.., description=..)   # charts; also png
#
# What leaves (files, mails) is only what `answer.chart.may_leave`.
