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

INSERT INTO handle (ROWID, id, service) VALUES
    (1, '+15550100001', 'iMessage'), (2, '+15550100001', 'SMS'), (3, 'ana@example.com', 'iMessage'),
    (4, '+15550100002', 'iMessage'), (5, '+15550100003', 'SMS'), (6, '+15550100004', 'iMessage'),
    (7, '+15550100005', 'SMS');
INSERT INTO chat (ROWID, guid, style, chat_identifier, service_name, account_login) VALUES
    (1, 'iMessage;-;+15550100001', 45, '+15550100001', 'iMessage', 'P:+15550100000'),
    (2, 'SMS;-;+15550100001', 45, '+15550100001', 'SMS', 'P:+15550100000'),
    (3, 'iMessage;-;ana@example.com', 45, 'ana@example.com', 'iMessage', 'P:+15550100000'),
    (4, 'iMessage;-;+15550100002', 45, '+15550100002', 'iMessage', 'P:+15550100000'),
    (5, 'SMS;-;+15550100003', 45, '+15550100003', 'SMS', 'P:+15550100000'),
    (6, 'iMessage;-;+15550100004', 45, '+15550100004', 'iMessage', 'P:+15550100000'),
    (7, 'SMS;-;+15550100005', 45, '+15550100005', 'SMS', 'P:+15550100000'),
    (8, 'iMessage;+;chat100200', 43, 'chat100200', 'iMessage', 'P:+15550100000');
INSERT INTO chat_handle_join VALUES
    (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 1), (8, 4);

-- Ana, by iMessage, by SMS and from her mail address
INSERT INTO message (ROWID, guid, handle_id, is_from_me, service, date, text) VALUES
    (1, 'A0000001-0000-4000-8000-000000000001', 1, 0, 'iMessage', '2024-05-01 12:00:00', 'oi! vens cá hoje? 🥰'),
    (2, 'A0000001-0000-4000-8000-000000000002', 0, 1, 'iMessage', '2024-05-01 12:00:30', 'yes!! around 7'),
    (3, 'A0000001-0000-4000-8000-000000000003', 2, 0, 'SMS', '2024-05-01 12:05:00', 'no signal here, so by sms'),
    (4, 'A0000001-0000-4000-8000-000000000004', 3, 0, 'iMessage', '2024-05-02 08:00:00', 'this is from the laptop');
INSERT INTO message (ROWID, guid, is_from_me, service, date, attributedBody) VALUES
    (5, 'A0000001-0000-4000-8000-000000000005', 1, 'iMessage', '2024-05-02 08:01:00',
    -- Ça marche, à ce soir 😘
    -- Porte du pain !
    x'040B73747265616D747970656481E803840140848484194E534D757461626C6541747472696275746564537472696E67008484124E5341747472696275746564537472696E67008484084E534F626A656374008592848484084E53537472696E67019584012B2BC38761206D61726368652C20C3A020636520736F697220F09F98980A506F727465206475207061696E202186840269490127928484840C4E5344696374696F6E617279009584016901928497971D5F5F6B494D4D657373616765506172744174747269627574654E616D658692848484084E534E756D626572008484074E5356616C7565009584012A849A9A00868686');
INSERT INTO message (ROWID, guid, handle_id, service, date, text, associated_message_guid, associated_message_type) VALUES
    (6, 'A0000001-0000-4000-8000-000000000006', 1, 'iMessage', '2024-05-01 12:01:00', 'Loved “yes!! around 7”',
    'p:0/A0000001-0000-4000-8000-000000000002', 2000);
INSERT INTO message (ROWID, guid, handle_id, is_from_me, service, date, text, thread_originator_guid) VALUES
    (7, 'A0000001-0000-4000-8000-000000000007', 0, 1, 'iMessage', '2024-05-02 08:02:00', 'e vinho?',
    'A0000001-0000-4000-8000-000000000004');

-- Benny: a picture, a message that failed
INSERT INTO message (ROWID, guid, handle_id, is_from_me, service, date, text, cache_has_attachments, error) VALUES
    (8, 'B0000001-0000-4000-8000-000000000001', 4, 0, 'iMessage', '2024-05-03 18:00:00', char(0xfffc), 1, 0),
    (9, 'B0000001-0000-4000-8000-000000000002', 0, 1, 'iMessage', '2024-05-03 18:01:00', 'is that your cat??', 0, 0),
    (10, 'B0000001-0000-4000-8000-000000000003', 0, 1, 'iMessage', '2024-05-03 18:01:30', 'hello??', 0, 22);
INSERT INTO attachment (ROWID, guid, mime_type) VALUES (1, 'at_0_B0000001', 'image/heic');
INSERT INTO message_attachment_join VALUES (8, 1);

-- The pizzeria, 王小明, somebody who is not in the address book, and a group
INSERT INTO message (ROWID, guid, handle_id, is_from_me, service, date, text) VALUES
    (11, 'C0000001-0000-4000-8000-000000000001', 5, 0, 'SMS', '2024-05-04 17:30:00', 'Ciao, la pizza è pronta'),
    (12, 'D0000001-0000-4000-8000-000000000001', 6, 0, 'iMessage', '2024-05-04 17:40:00', '明天见 👋🏽'),
    (13, 'E0000001-0000-4000-8000-000000000001', 7, 0, 'SMS', '2024-05-04 17:50:00', 'hi, is the bike still for sale'),
    (14, 'F0000001-0000-4000-8000-000000000001', 1, 0, 'iMessage', '2024-05-04 18:00:00', 'everyone on saturday?'),
    (15, 'F0000001-0000-4000-8000-000000000002', 0, 1, 'iMessage', '2024-05-04 18:01:00', 'in!');
INSERT INTO message (ROWID, guid, handle_id, service, date, item_type) VALUES
    (16, 'F0000001-0000-4000-8000-000000000003', 4, 'iMessage', '2024-05-04 18:02:00', 3);

INSERT INTO chat_message_join (chat_id, message_id) VALUES
    (1, 1), (1, 2), (2, 3), (3, 4), (3, 5), (1, 6), (3, 7), (4, 8), (4, 9), (4, 10),
    (5, 11), (6, 12), (7, 13), (8, 14), (8, 15), (8, 16);
UPDATE message SET date = (strftime('%s', date) - 978307200) * 1000000000;
