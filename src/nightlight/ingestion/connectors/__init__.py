"""One module per kind of source, which turns files or tables into blocks of raw rows; `kinds` lists them."""
