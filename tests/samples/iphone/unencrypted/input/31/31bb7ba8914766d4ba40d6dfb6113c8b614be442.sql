-- Library/AddressBook/AddressBook.sqlitedb, with the tables and columns that matter.
CREATE TABLE ABPerson (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Middle TEXT, Organization TEXT,
    Kind INTEGER, Nickname TEXT
);
CREATE TABLE ABMultiValue (
    UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER,
    label INTEGER, value TEXT, guid TEXT
);
INSERT INTO ABPerson (ROWID, First, Last, Organization, Nickname) VALUES
    (1, 'Ana', 'Silva', 'Atelier Silva', NULL),
    (2, NULL, NULL, NULL, 'Benny'),
    (3, NULL, NULL, 'Pizzeria Da Enzo', NULL),
    (4, '小明', '王', NULL, NULL),
    (5, 'Nobody', 'Texted', NULL, NULL);
INSERT INTO ABMultiValue (record_id, property, value) VALUES
    (1, 3, '(555) 010-0001'),
    (1, 4, 'Ana@example.com'),
    (1, 22, 'https://example.com'), -- her web page
    (2, 3, '+1 555-010-0002'),
    (3, 3, '00 1 555 010 0003'),
    (4, 3, '+15550100004'),
    (5, 3, '+15550100009');
