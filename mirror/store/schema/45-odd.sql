-- Pages that do not look as they should are few, and asked for by every `mirror status`.
CREATE INDEX capture_odd ON capture (id) WHERE verdict = 'odd';
