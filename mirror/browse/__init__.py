"""The archive browser: what people see of a home, served on the loopback address or written as a static site.

    query (holdings, books, entries, evidence …)  ─►  page (a template and what it shows)  ─►  HTML, JSON or a file

Queries are functions over a read-only connection, pages are plain values, templates decide nothing.
"""
