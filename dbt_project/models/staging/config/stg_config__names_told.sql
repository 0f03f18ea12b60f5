-- What teams and people were called in every load of their lists, of all systems (macro names_of_every_load).
{{ names_of_every_load() }}
