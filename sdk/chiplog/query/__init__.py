"""The expression language by which runs are chosen (docs/query.md), shared by the command, the API and the dashboard.

`parsing.parse` makes a `syntax.Query` of a text, `syntax.text` the text of a query, and `selecting.select` chooses and
orders run views by it. Nothing here does I/O, and nothing but `errors.QueryError` is ever raised.
"""
