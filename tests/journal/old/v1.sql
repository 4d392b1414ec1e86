-- A journal as ptdevice 0.1.0 made it in November 2026, before any migration: written by that program, dumped by SQLite.
PRAGMA application_id = 1886677553;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE entry (
            sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, unit TEXT, subject TEXT,
            time_ns INTEGER NOT NULL, mono_us INTEGER NOT NULL, boot_id TEXT NOT NULL, clock TEXT NOT NULL,
            data TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, reason TEXT
        ) STRICT;
INSERT INTO "entry" VALUES(1,'018f0000-0000-7000-8000-000000000001','dev.ptdevice.alarm.v1','chest',NULL,1790000000000000000,0,'boot','synced','{"number":0}',1,NULL);
INSERT INTO "entry" VALUES(2,'018f0000-0000-7000-8000-000000000002','dev.ptdevice.alarm.v1','chest',NULL,1790000000000000000,1,'boot','synced','{"number":1}',1,NULL);
INSERT INTO "entry" VALUES(3,'018f0000-0000-7000-8000-000000000003','dev.ptdevice.alarm.v1','chest',NULL,1790000000000000000,2,'boot','synced','{"number":2}',2,'refused by the broker with reason 135');
INSERT INTO "entry" VALUES(4,'018f0000-0000-7000-8000-000000000004','dev.ptdevice.alarm.v1','chest',NULL,1790000000000000000,3,'boot','synced','{"number":3}',0,NULL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('epoch','018f0000-0000-7000-8000-00000000e0c4');
CREATE INDEX unsent ON entry (state) WHERE state <> 1;
COMMIT;
