"""A folder for each component: what runs (`service`), what one can do to it and see at it (`steps`), how it breaks (`failures`)."""
