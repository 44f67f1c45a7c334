-- What only instances know: by it they tell each other's events from workers' events.
ALTER TABLE event_bus ADD COLUMN seal VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL;
