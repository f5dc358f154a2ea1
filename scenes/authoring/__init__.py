"""How curators' changes are checked and written: a table of checks a kind (`rules`), one way to write them (`use`).

text, space, time     what a value must be, whatever the kind
desk                  where one change is prepared: who, which scene, what is there already
rules                 the shape of a kind's rules
places … chronology   the rules, by the nouns that they are about
use                   create, update, remove: all or nothing, one revision
"""
