-- Library/SMS/sms.db, with the tables and columns that matter. The dates are turned into those of
-- Apple, nanoseconds since 2001, at the end.
CREATE TABLE handle (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT,
    service TEXT NOT NULL, UNIQUE (id, service)
);
CREATE TABLE chat (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER,
    chat_identifier TEXT, service_name TEXT, display_name TEXT, account_login TEXT
);
CREATE TABLE message (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
    handle_id INTEGER DEFAULT 0, attributedBody BLOB, service TEXT, error INTEGER DEFAULT 0,
    date INTEGER, is_from_me INTEGER DEFAULT 0, cache_has_attachments INTEGER DEFAULT 0,
    item_type INTEGER DEFAULT 0, associated_message_guid TEXT,
    associated_message_type INTEGER DEFAULT 0, balloon_bundle_id TEXT,
    thread_originator_guid TEXT
);
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, UNIQUE (chat_id, handle_id));
CREATE TABLE chat_message_join (
    chat_id INTEGER, message_id INTEGER, message_date INTEGER DEFAULT 0,
    PRIMARY KEY (chat_id, message_id)
);
CREATE TABLE attachment (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, mime_type TEXT,
    is_sticker INTEGER DEFAULT 0
);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);

INSERT INTO handle (ROWID, id, service) VALUES (1, '+15550100001', 'RCS');
INSERT INTO chat (ROWID, guid, style, chat_identifier, service_name) VALUES
    (1, 'RCS;-;+15550100001', 45, '+15550100001', 'RCS');
INSERT INTO chat_handle_join VALUES (1, 1);
INSERT INTO message (ROWID, guid, handle_id, is_from_me, service, date, text) VALUES
    (1, 'A0000002-0000-4000-8000-000000000001', 1, 0, 'RCS', '2024-05-01 12:00:00', 'новый телефон, кто это?'),
    (2, 'A0000002-0000-4000-8000-000000000002', 0, 1, 'RCS', '2024-05-01 12:00:00', 'это я 😄');
INSERT INTO chat_message_join (chat_id, message_id) VALUES (1, 1), (1, 2);
UPDATE message SET date = (strftime('%s', date) - 978307200) * 1000000000;
