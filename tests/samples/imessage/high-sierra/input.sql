-- A chat.db of High Sierra: few columns, dates in seconds from before and in nanoseconds since.
CREATE TABLE message (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
    handle_id INTEGER DEFAULT 0, subject TEXT, attributedBody BLOB, service TEXT,
    error INTEGER DEFAULT 0, date INTEGER, is_from_me INTEGER DEFAULT 0,
    is_sent INTEGER DEFAULT 0, cache_has_attachments INTEGER DEFAULT 0,
    item_type INTEGER DEFAULT 0, is_audio_message INTEGER DEFAULT 0,
    associated_message_guid TEXT, associated_message_type INTEGER DEFAULT 0,
    balloon_bundle_id TEXT
);
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT NOT NULL, service TEXT NOT NULL);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER, chat_identifier TEXT);
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT, mime_type TEXT);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);

INSERT INTO handle VALUES (1, '+15550100001', 'iMessage'), (2, 'ana@example.com', 'iMessage');
INSERT INTO chat VALUES (1, 'iMessage;-;+15550100001', 45, '+15550100001');
INSERT INTO chat VALUES (2, 'iMessage;-;ana@example.com', 45, 'ana@example.com');
INSERT INTO chat VALUES (3, 'iMessage;+;chat1', 43, 'chat1');
INSERT INTO chat_handle_join VALUES (1, 1), (2, 2), (3, 1), (3, 2);

-- Synced late, though it is the oldest: 2012-06-01 10:00 UTC, in seconds.
INSERT INTO message (ROWID, guid, text, handle_id, service, date, is_from_me)
VALUES (4, 'B-1', 'first!', 1, 'iMessage', 360237600, 0);
-- 2018-03-01 18:00 UTC and later, in nanoseconds.
INSERT INTO message (ROWID, guid, text, handle_id, service, date, is_from_me) VALUES
    (5, 'B-2', 'à demain', 1, 'iMessage', 541620000000000000, 0),
    (6, 'B-3', 'oui ❤️', 0, 'iMessage', 541620005123456789, 1),
    (7, 'B-4', 'in a group', 1, 'iMessage', 541620006000000000, 0),
    (8, 'B-5', 'by mail', 2, 'iMessage', 541620007000000000, 0);
INSERT INTO message (ROWID, guid, text, date, is_from_me, associated_message_type,
    associated_message_guid)
VALUES (9, 'B-6', 'Loved “à demain”', 541620009000000000, 1, 2000, 'bp:B-2');
INSERT INTO message (ROWID, guid, text, date, is_from_me, service, cache_has_attachments)
VALUES (10, 'B-7', char(65532) || 'look', 541620010000000000, 1, 'SMS', 1);
INSERT INTO attachment VALUES (1, 'at-1', 'image/jpeg');
INSERT INTO message_attachment_join VALUES (10, 1);
INSERT INTO chat_message_join VALUES (1, 4), (1, 5), (1, 6), (3, 7), (2, 8), (1, 9), (1, 10);
