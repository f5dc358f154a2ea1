-- What stands in a scene is found without passing by what stood there: histories only grow.
CREATE INDEX record_members ON record (scene, kind, seq) WHERE to_revision IS NULL;
CREATE INDEX record_ended ON record (id, to_revision) WHERE to_revision IS NOT NULL;
