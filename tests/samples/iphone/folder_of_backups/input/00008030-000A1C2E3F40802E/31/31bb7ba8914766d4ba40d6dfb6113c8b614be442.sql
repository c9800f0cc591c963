-- Library/AddressBook/AddressBook.sqlitedb, with the tables and columns that matter.
CREATE TABLE ABPerson (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Middle TEXT, Organization TEXT,
    Kind INTEGER, Nickname TEXT
);
CREATE TABLE ABMultiValue (
    UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER,
    label INTEGER, value TEXT, guid TEXT
);
INSERT INTO ABPerson (ROWID, First, Last) VALUES (1, 'Léo', 'Martin');
INSERT INTO ABMultiValue (record_id, property, value) VALUES (1, 4, 'leo@example.com');
