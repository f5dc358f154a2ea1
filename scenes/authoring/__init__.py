"""How curators' changes are checked and written: a table of checks a kind, one way to write them (docs/adr/0013).

text, space, time, captions      what a value must be, whatever the kind
desk                             where one change is prepared: who, which scene, what is there already
rules                            the shape of a kind's rules
places, placements, chronology,  the rules, by the nouns that they are about
notes, stories, people, things
graph, references                circles; who needs whom
turns                            changes of one scene, one after another
use                              create, update, remove: all or nothing, one revision
publishing                       showing a scene to everybody
"""
