"""Gaps: what could not be seen. Datasette's table of them, in our navigation."""

from datasette_plugins.plugin.page import DatasetteTable, Entry

PAGE = DatasetteTable(table="gaps", entry=Entry("Gaps", 60))
