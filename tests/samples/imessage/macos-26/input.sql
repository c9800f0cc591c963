-- A chat.db with the columns of macOS 26 and one of everything.
CREATE TABLE _SqliteDatabaseProperties (key TEXT, value TEXT, UNIQUE(key));
CREATE TABLE deleted_messages (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, guid TEXT NOT NULL);
CREATE TABLE kvtable (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, key TEXT UNIQUE NOT NULL, value BLOB NOT NULL
);
CREATE TABLE handle (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT,
    service TEXT NOT NULL, uncanonicalized_id TEXT, person_centric_id TEXT, UNIQUE (id, service)
);
CREATE TABLE chat (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER,
    state INTEGER, account_id TEXT, properties BLOB, chat_identifier TEXT, service_name TEXT,
    room_name TEXT, account_login TEXT, is_archived INTEGER DEFAULT 0, last_addressed_handle TEXT,
    display_name TEXT, group_id TEXT, is_filtered INTEGER DEFAULT 0, successful_query INTEGER,
    engram_id TEXT, server_change_token TEXT, ck_sync_state INTEGER DEFAULT 0,
    original_group_id TEXT, last_read_message_timestamp INTEGER DEFAULT 0, cloudkit_record_id TEXT,
    last_addressed_sim_id TEXT, is_blackholed INTEGER DEFAULT 0,
    syndication_date INTEGER DEFAULT 0, syndication_type INTEGER DEFAULT 0,
    is_recovered INTEGER DEFAULT 0, is_deleting_incoming_messages INTEGER DEFAULT 0
);
CREATE TABLE message (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
    replace INTEGER DEFAULT 0, service_center TEXT, handle_id INTEGER DEFAULT 0, subject TEXT,
    country TEXT, attributedBody BLOB, version INTEGER DEFAULT 0, type INTEGER DEFAULT 0,
    service TEXT, account TEXT, account_guid TEXT, error INTEGER DEFAULT 0, date INTEGER,
    date_read INTEGER, date_delivered INTEGER, is_delivered INTEGER DEFAULT 0,
    is_finished INTEGER DEFAULT 0, is_emote INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0,
    is_empty INTEGER DEFAULT 0, is_delayed INTEGER DEFAULT 0, is_auto_reply INTEGER DEFAULT 0,
    is_prepared INTEGER DEFAULT 0, is_read INTEGER DEFAULT 0,
    is_system_message INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0,
    has_dd_results INTEGER DEFAULT 0, is_service_message INTEGER DEFAULT 0,
    is_forward INTEGER DEFAULT 0, was_downgraded INTEGER DEFAULT 0, is_archive INTEGER DEFAULT 0,
    cache_has_attachments INTEGER DEFAULT 0, cache_roomnames TEXT,
    was_data_detected INTEGER DEFAULT 0, was_deduplicated INTEGER DEFAULT 0,
    is_audio_message INTEGER DEFAULT 0, is_played INTEGER DEFAULT 0, date_played INTEGER,
    item_type INTEGER DEFAULT 0, other_handle INTEGER DEFAULT 0, group_title TEXT,
    group_action_type INTEGER DEFAULT 0, share_status INTEGER DEFAULT 0,
    share_direction INTEGER DEFAULT 0, is_expirable INTEGER DEFAULT 0,
    expire_state INTEGER DEFAULT 0, message_action_type INTEGER DEFAULT 0,
    message_source INTEGER DEFAULT 0, associated_message_guid TEXT,
    associated_message_type INTEGER DEFAULT 0, balloon_bundle_id TEXT, payload_data BLOB,
    expressive_send_style_id TEXT, associated_message_range_location INTEGER DEFAULT 0,
    associated_message_range_length INTEGER DEFAULT 0, time_expressive_send_played INTEGER,
    message_summary_info BLOB, ck_sync_state INTEGER DEFAULT 0, ck_record_id TEXT,
    ck_record_change_tag TEXT, destination_caller_id TEXT, is_corrupt INTEGER DEFAULT 0,
    reply_to_guid TEXT, sort_id INTEGER, is_spam INTEGER DEFAULT 0,
    has_unseen_mention INTEGER DEFAULT 0, thread_originator_guid TEXT,
    thread_originator_part TEXT, syndication_ranges TEXT, synced_syndication_ranges TEXT,
    was_delivered_quietly INTEGER DEFAULT 0, did_notify_recipient INTEGER DEFAULT 0,
    date_retracted INTEGER, date_edited INTEGER, was_detonated INTEGER DEFAULT 0,
    part_count INTEGER, is_stewie INTEGER DEFAULT 0, is_sos INTEGER DEFAULT 0,
    is_critical INTEGER DEFAULT 0, bia_reference_id TEXT, is_kt_verified INTEGER DEFAULT 0,
    fallback_hash TEXT, associated_message_emoji TEXT,
    is_pending_satellite_send INTEGER DEFAULT 0, needs_relay INTEGER DEFAULT 0,
    schedule_type INTEGER DEFAULT 0, schedule_state INTEGER DEFAULT 0,
    sent_or_received_off_grid INTEGER DEFAULT 0, date_recovered INTEGER DEFAULT 0,
    is_time_sensitive INTEGER DEFAULT 0, ck_chat_id TEXT
);
CREATE TABLE attachment (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,
    created_date INTEGER DEFAULT 0, start_date INTEGER DEFAULT 0, filename TEXT, uti TEXT,
    mime_type TEXT, transfer_state INTEGER DEFAULT 0, is_outgoing INTEGER DEFAULT 0,
    user_info BLOB, transfer_name TEXT, total_bytes INTEGER DEFAULT 0,
    is_sticker INTEGER DEFAULT 0, sticker_user_info BLOB, attribution_info BLOB,
    hide_attachment INTEGER DEFAULT 0, ck_sync_state INTEGER DEFAULT 0,
    ck_server_change_token_blob BLOB, ck_record_id TEXT, original_guid TEXT UNIQUE NOT NULL,
    is_commsafety_sensitive INTEGER DEFAULT 0, emoji_image_content_identifier TEXT,
    emoji_image_short_description TEXT, preview_generation_state INTEGER DEFAULT 0
);
CREATE TABLE chat_handle_join (
    chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
    handle_id INTEGER REFERENCES handle (ROWID) ON DELETE CASCADE, UNIQUE(chat_id, handle_id)
);
CREATE TABLE chat_message_join (
    chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
    message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE,
    message_date INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id)
);
CREATE TABLE chat_recoverable_message_join (
    chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
    message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE, delete_date INTEGER,
    ck_sync_state INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id), CHECK (delete_date != 0)
);
CREATE TABLE message_attachment_join (
    message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE,
    attachment_id INTEGER REFERENCES attachment (ROWID) ON DELETE CASCADE,
    UNIQUE(message_id, attachment_id)
);
INSERT INTO handle (ROWID, id, country, service) VALUES (1, '+15550100001', 'us', 'iMessage');
INSERT INTO handle (ROWID, id, country, service) VALUES (2, '(555) 010-0001', 'us', 'SMS');
INSERT INTO handle (ROWID, id, country, service) VALUES (3, '5550100001', 'us', 'SMS');
INSERT INTO handle (ROWID, id, country, service) VALUES (4, '72975', 'us', 'iMessage');
INSERT INTO handle (ROWID, id, country, service) VALUES (5, '+15550100002', 'us', 'iMessage');
INSERT INTO handle (ROWID, id, country, service) VALUES (6, '+15550100000', 'us', 'iMessage');
INSERT INTO chat (ROWID, guid, style, state, chat_identifier, service_name, account_login, last_addressed_handle, display_name) VALUES (1, 'iMessage;-;+15550100001', 45, 3, '+15550100001', 'iMessage', 'P:+15550100000', '+15550100000', '');
INSERT INTO chat (ROWID, guid, style, state, chat_identifier, service_name, account_login, last_addressed_handle, display_name) VALUES (2, 'SMS;-;(555) 010-0001', 45, 3, '(555) 010-0001', 'SMS', 'P:+15550100000', '+15550100000', '');
INSERT INTO chat (ROWID, guid, style, state, chat_identifier, service_name, account_login, last_addressed_handle, display_name) VALUES (3, 'SMS;-;5550100001', 45, 3, '5550100001', 'SMS', 'P:+15550100000', '+15550100000', '');
INSERT INTO chat (ROWID, guid, style, state, chat_identifier, service_name, account_login, last_addressed_handle, display_name) VALUES (4, 'iMessage;-;72975', 45, 3, '72975', 'iMessage', 'P:+15550100000', '+15550100000', '');
INSERT INTO chat (ROWID, guid, style, state, chat_identifier, service_name, account_login, last_addressed_handle, display_name) VALUES (5, 'iMessage;+;chat55342047104678830', 43, 3, 'chat55342047104678830', 'iMessage', 'P:+15550100000', '+15550100000', 'The group');
INSERT INTO chat (ROWID, guid, style, state, chat_identifier, service_name, account_login, last_addressed_handle, display_name) VALUES (6, 'iMessage;-;+15550100002', 45, 3, '+15550100002', 'iMessage', 'P:+15550100000', '+15550100000', '');
INSERT INTO chat (ROWID, guid, style, state, chat_identifier, service_name, account_login, last_addressed_handle, display_name) VALUES (7, 'iMessage;-;+15550100000', 45, 3, '+15550100000', 'iMessage', 'P:+15550100000', '+15550100000', '');
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, destination_caller_id, part_count) VALUES (1, 'A-1', 'you there?', 1, 'iMessage', 'P:+15550100000', 736257600000000000, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, attributedBody, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (2, 'A-2', x'040b73747265616d747970656481e803840140848484194e534d757461626c6541747472696275746564537472696e67008484124e5341747472696275746564537472696e67008484084e534f626a656374008592848484084e53537472696e67019584012b0a796573737320f09f988286840269490108928484840c4e5344696374696f6e617279009584016901928497971d5f5f6b494d4d657373616765506172744174747269627574654e616d658692848484084e534e756d626572008484074e5356616c7565009584012a849a9a00868686', 'iMessage', 'P:+15550100000', 736257660000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, attributedBody, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (3, 'A-3', x'040b73747265616d747970656481e803840140848484124e5341747472696275746564537472696e67008484084e534f626a656374008592848484084e53537472696e67019484012b81820078787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878868402694901818200928484840c4e5344696374696f6e617279009484016901928496961d5f5f6b494d4d657373616765506172744174747269627574654e616d658692848484084e534e756d626572008484074e5356616c7565009484012a84999900868686', 'iMessage', 'P:+15550100000', 736257720000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, associated_message_guid, associated_message_type, destination_caller_id, part_count) VALUES (4, '639C0164-8DD7-50A1-9BB7-F4D8DF1F16C5', 'Loved “hi”', 1, 'iMessage', 'P:+15550100000', 736257780000000000, 1, 1, 1, 'p:0/A-2', 2000, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, associated_message_guid, associated_message_type, destination_caller_id, part_count, associated_message_emoji) VALUES (5, 'E16E717B-0880-5C52-8019-86D5160CFAE1', 'Loved “hi”', 1, 'iMessage', 'P:+15550100000', 736257840000000000, 1, 1, 1, 'p:0/A-3', 2006, '+15550100000', 1, '🎉');
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, associated_message_guid, associated_message_type, destination_caller_id, part_count) VALUES (6, '38CF9174-876D-5023-8B0E-3DE794A6323C', 'Loved “hi”', 1, 'iMessage', 'P:+15550100000', 736257900000000000, 1, 1, 1, 'p:0/A-3', 2001, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, associated_message_guid, associated_message_type, destination_caller_id, part_count) VALUES (7, 'BD911CE4-9D2B-56BB-B482-019AC06B939C', 'Loved “hi”', 1, 'iMessage', 'P:+15550100000', 736257960000000000, 1, 1, 1, 'p:0/A-3', 3001, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, balloon_bundle_id, destination_caller_id, thread_originator_guid, part_count) VALUES (8, 'A-4', 'https://example.org/a', 1, 'iMessage', 'P:+15550100000', 736258020000000000, 1, 1, 1, 'com.apple.messages.URLBalloonProvider', '+15550100000', 'A-2', 1);
INSERT INTO message (ROWID, guid, service, account, date, is_delivered, is_finished, is_from_me, is_sent, message_summary_info, destination_caller_id, date_edited, part_count) VALUES (9, 'FA29962B-8080-5FD9-98C8-D2AFBD249DF1', 'iMessage', 'P:+15550100000', 736258080000000000, 1, 1, 1, 1, x'62706c6973743030d401020304050f1516526563536f747252727053757374d106075130a2080dd2090a0b0c51645174233ff00000000000004f10d5040b73747265616d747970656481e803840140848484194e534d757461626c6541747472696275746564537472696e67008484124e5341747472696275746564537472696e67008484084e534f626a656374008592848484084e53537472696e67019584012b096f6e206d792077617586840269490109928484840c4e5344696374696f6e617279009584016901928497971d5f5f6b494d4d657373616765506172744174747269627574654e616d658692848484084e534e756d626572008484074e5356616c7565009584012a849a9a00868686d2090a0b0e4f10d5040b73747265616d747970656481e803840140848484194e534d757461626c6541747472696275746564537472696e67008484124e5341747472696275746564537472696e67008484084e534f626a656374008592848484084e53537472696e67019584012b096f6e206d792077617986840269490109928484840c4e5344696374696f6e617279009584016901928497971d5f5f6b494d4d657373616765506172744174747269627574654e616d658692848484084e534e756d626572008484074e5356616c7565009584012a849a9a00868686d10610d211121314526c65526c6f10011000a0090008001100140018001b001f002200240027002c002e003000390111011601ee01f101f601f901fc01fe020002010000000000000201000000000000001700000000000000000000000000000202', '+15550100000', 1, 1);
INSERT INTO message (ROWID, guid, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, date_retracted, date_edited, part_count) VALUES (10, '766B20DD-DB57-5EE3-8293-C1FC84F7ED7C', 'iMessage', 'P:+15550100000', 736258140000000000, 1, 1, 1, 1, '+15550100000', 1, 1, 0);
INSERT INTO message (ROWID, guid, text, service, account, date, is_delivered, is_finished, is_from_me, is_sent, cache_has_attachments, destination_caller_id, part_count) VALUES (11, 'C030394A-26A9-511E-9704-15F21BB7495A', '￼', 'iMessage', 'P:+15550100000', 736258200000000000, 1, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, attributedBody, service, account, date, is_delivered, is_finished, is_from_me, is_sent, cache_has_attachments, is_audio_message, destination_caller_id, part_count) VALUES (12, '8B1CFD11-6220-52F0-9F93-B4E9B87F33D1', '￼', x'040b73747265616d747970656481e803840140848484194e534d757461626c6541747472696275746564537472696e67008484124e5341747472696275746564537472696e67008484084e534f626a656374008592848484084e53537472696e67019584012b03efbfbc86840269490101928484840c4e5344696374696f6e617279009584016903928497971d5f5f6b494d4d657373616765506172744174747269627574654e616d658692848484084e534e756d626572008484074e5356616c7565009584012a849a9a008692849797225f5f6b494d46696c655472616e73666572475549444174747269627574654e616d6586928497970461742d31869284979714494d417564696f5472616e736372697074696f6e86928497970c63616c6c206d65206261636b868686', 'iMessage', 'P:+15550100000', 736258260000000000, 1, 1, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, balloon_bundle_id, destination_caller_id, part_count) VALUES (13, 'FCB521DD-82A9-500D-B699-D1127B1834F0', '�', 1, 'iMessage', 'P:+15550100000', 736258320000000000, 1, 1, 1, 'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.messages.Polls', '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, destination_caller_id, part_count) VALUES (14, '5779D016-5A63-5ACE-8F7D-947C7590C3C6', 'green now', 2, 'SMS', 'P:+15550100000', 736258380000000000, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, destination_caller_id, part_count) VALUES (15, '5D7A1D2F-4A15-5D81-B1B0-65CF2D594381', 'Liked “green now”', 3, 'SMS', 'P:+15550100000', 736258440000000000, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, destination_caller_id, part_count) VALUES (16, '984460FF-96ED-56D5-988C-9A1E529DF986', 'Loved “yesss 😂”', 3, 'SMS', 'P:+15550100000', 736258500000000000, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, item_type, destination_caller_id, part_count) VALUES (17, '1C419E95-8037-5BEC-AB25-B1FCD80D4397', 'renamed', 1, 'iMessage', 'P:+15550100000', 736258560000000000, 1, 1, 1, 2, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, handle_id, service, account, date, is_delivered, is_finished, is_read, destination_caller_id, is_spam, part_count) VALUES (18, 'C7339FFA-D59D-5E3A-B29C-F5280FF057A0', 'buy now', 4, 'iMessage', 'P:+15550100000', 736258620000000000, 1, 1, 1, '+15550100000', 1, 1);
INSERT INTO message (ROWID, guid, text, service, account, error, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (19, '3F6CCD68-59CA-55B6-8DD7-B50ED2994CA4', 'did not go', 'iMessage', 'P:+15550100000', 22, 736258680000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, service, account, date, is_delivered, is_finished, is_from_me, destination_caller_id, part_count, schedule_type, schedule_state) VALUES (20, 'FC4AD2E3-1184-57E7-A439-9774E7BCA725', 'later', 'iMessage', 'P:+15550100000', 736258740000000000, 1, 1, 1, '+15550100000', 1, 2, 2);
INSERT INTO message (ROWID, guid, text, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (21, '944ACE63-AA7B-547C-9DC7-8E2818486EBB', 'hi all', 'iMessage', 'P:+15550100000', 736258800000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (22, 'EFE240E0-7D54-565D-AD40-64E443FFCD5C', 'gone', 'iMessage', 'P:+15550100000', 736258860000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (23, '1CE175EC-584C-58AC-9A0F-F6C894E71737', '  ', 'iMessage', 'P:+15550100000', 736258920000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (24, 'C6D65D5A-C361-5C09-8E7F-76F29BCEFF78', 'to ben', 'iMessage', 'P:+15550100000', 736258980000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO message (ROWID, guid, text, service, account, date, is_delivered, is_finished, is_from_me, is_sent, destination_caller_id, part_count) VALUES (25, '2779567A-488D-5380-ACF9-5AA0727772E4', 'milk', 'iMessage', 'P:+15550100000', 736259040000000000, 1, 1, 1, 1, '+15550100000', 1);
INSERT INTO attachment (ROWID, guid, mime_type, original_guid) VALUES (1, 'at-11', 'image/heic', 'at-11');
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (1, 1);
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (2, 2);
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (3, 3);
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (4, 4);
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (5, 1);
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (5, 5);
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (6, 5);
INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (7, 6);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 1, 736257600000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 2, 736257660000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 3, 736257720000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 4, 736257780000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 5, 736257840000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 6, 736257900000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 7, 736257960000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 8, 736258020000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 9, 736258080000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 10, 736258140000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 11, 736258200000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 12, 736258260000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 13, 736258320000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (2, 14, 736258380000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (3, 15, 736258440000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (3, 16, 736258500000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 17, 736258560000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (4, 18, 736258620000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 19, 736258680000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 20, 736258740000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (5, 21, 736258800000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, 23, 736258920000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (6, 24, 736258980000000000);
INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (7, 25, 736259040000000000);
INSERT INTO message_attachment_join (message_id, attachment_id) VALUES (11, 1);
