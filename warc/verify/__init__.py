"""Is an archive whole? Every rule that files alone can decide, as a table and as checks; nothing is ever changed.

`rules` is the table, `scan` finds records and what is between them, `header`, `http` and `revisit` judge one record,
`pairs` judges requests against responses, `collection` judges records against each other, `index` the CDXJ.
"""
