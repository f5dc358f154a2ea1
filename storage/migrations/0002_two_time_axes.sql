-- How a revision came about, and what reading the past, taking back and following one scene need.

ALTER TABLE revision ADD COLUMN step TEXT NOT NULL DEFAULT 'change' CHECK (step IN ('change', 'undo', 'redo'));
ALTER TABLE revision ADD COLUMN takes_back INTEGER REFERENCES revision (number);

CREATE INDEX revision_author ON revision (author, number);
CREATE INDEX revision_at ON revision (at, number);
-- A revision is taken back once: of two that try at the same moment one fails here at the latest.
CREATE UNIQUE INDEX revision_taken_back ON revision (takes_back) WHERE takes_back IS NOT NULL;

CREATE INDEX record_scene_from ON record (scene, from_revision);
CREATE INDEX record_scene_to ON record (scene, to_revision) WHERE to_revision IS NOT NULL;
