"""Grafana's dashboards as code: values in boards/, made JSON by build.py."""
