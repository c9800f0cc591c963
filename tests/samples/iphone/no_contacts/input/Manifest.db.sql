-- It says that sms.db lies elsewhere, which nothing believes.
CREATE TABLE Files (
    fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB
);
INSERT INTO Files VALUES
    ('../../../../etc/passwd', 'HomeDomain', 'Library/SMS/sms.db', 1, NULL);
