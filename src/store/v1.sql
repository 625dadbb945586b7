-- The journal, first released schema.
CREATE TABLE orders(
  id BLOB PRIMARY KEY CHECK(length(id) = 16),
  ext_no TEXT NOT NULL UNIQUE CHECK(length(ext_no) BETWEEN 1 AND 50),
  server TEXT NOT NULL,
  actor_id TEXT,
  state TEXT NOT NULL CHECK(state IN ('Drafted', 'ConfirmSent', 'Confirmed', 'Submitting', 'Unknown', 'NotPlaced',
    'Rejected', 'Accepted', 'Abandoned', 'NeedsHuman')),
  rev INTEGER NOT NULL CHECK(rev >= 1),
  attempt INTEGER NOT NULL DEFAULT 0 CHECK(attempt >= 0),
  attempt_token BLOB CHECK(length(attempt_token) = 16),
  correlation TEXT,
  intent_at TEXT,
  draft TEXT NOT NULL,
  body BLOB,
  body_sha256 BLOB CHECK(length(body_sha256) = 32),
  confirm TEXT,
  order_id TEXT,
  errors TEXT,
  unknown_srv TEXT,
  unknown_boot TEXT,
  unknown_boot_ms INTEGER,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  discarded_at TEXT,
  CHECK((state = 'Accepted') <= (order_id IS NOT NULL)),
  CHECK((state = 'Submitting') <= (attempt_token IS NOT NULL AND body IS NOT NULL)),
  CHECK((discarded_at IS NOT NULL) <= (state IN ('Drafted', 'ConfirmSent', 'Confirmed', 'Rejected', 'Accepted')))
) STRICT;

-- What happened to an order; never changed, and gone only with its order.
CREATE TABLE events(
  seq INTEGER PRIMARY KEY,
  order_key BLOB NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  srv_date TEXT,
  from_state TEXT,
  to_state TEXT,
  attempt_token BLOB,
  correlation TEXT,
  http_status INTEGER,
  note TEXT
) STRICT;
CREATE INDEX events_of ON events(order_key);

-- Looks into the server's order list.
CREATE TABLE scans(
  seq INTEGER PRIMARY KEY,
  order_key BLOB NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  srv_date TEXT,
  boot TEXT,
  boot_ms INTEGER,
  broad INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  pages INTEGER NOT NULL,
  total INTEGER NOT NULL,
  matches INTEGER NOT NULL
) STRICT;
CREATE INDEX scans_of ON scans(order_key);

-- What is known beside orders: the schema once more, calibration, the worst list lag. While the key 'mending' is there,
-- inside one transaction of a rebuild, what intents.log proves may be written.
CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT;

CREATE TRIGGER orders_begin BEFORE INSERT ON orders
WHEN NEW.state <> 'Drafted' AND NOT EXISTS (SELECT 1 FROM meta WHERE k = 'mending')
BEGIN SELECT RAISE(ABORT, 'an order begins as a draft'); END;

CREATE TRIGGER orders_edges BEFORE UPDATE OF state ON orders
WHEN OLD.state <> NEW.state AND NEW.state <> 'Accepted'
  AND OLD.state || '>' || NEW.state NOT IN (
    'Drafted>ConfirmSent', 'ConfirmSent>Drafted', 'ConfirmSent>Confirmed', 'Confirmed>ConfirmSent', 'Confirmed>Drafted',
    'Confirmed>Submitting', 'Submitting>Confirmed', 'Submitting>Rejected', 'Submitting>Unknown', 'Rejected>Drafted',
    'Rejected>Abandoned', 'Unknown>NotPlaced', 'Unknown>NeedsHuman', 'NotPlaced>Submitting', 'NotPlaced>Drafted',
    'NotPlaced>Abandoned')
  AND NOT (NEW.state = 'Unknown' AND OLD.state <> 'Accepted' AND EXISTS (SELECT 1 FROM meta WHERE k = 'mending'))
BEGIN SELECT RAISE(ABORT, 'an order cannot go this way'); END;

CREATE TRIGGER orders_receipt BEFORE UPDATE OF order_id ON orders
WHEN OLD.state = 'Accepted' AND NEW.order_id IS NOT OLD.order_id
BEGIN SELECT RAISE(ABORT, 'an accepted order keeps its id'); END;

CREATE TRIGGER orders_token BEFORE UPDATE OF attempt_token ON orders
WHEN OLD.state = 'Submitting' AND NEW.attempt_token IS NOT OLD.attempt_token
BEGIN SELECT RAISE(ABORT, 'the attempt under way keeps its token'); END;

CREATE TRIGGER orders_number BEFORE UPDATE OF ext_no ON orders
WHEN OLD.attempt > 0 AND NEW.ext_no <> OLD.ext_no
BEGIN SELECT RAISE(ABORT, 'an order that was sent keeps its number'); END;

CREATE TRIGGER orders_frozen BEFORE UPDATE OF draft, body, body_sha256, discarded_at ON orders
WHEN OLD.state IN ('Submitting', 'Unknown', 'NeedsHuman') AND (NEW.draft <> OLD.draft OR NEW.body IS NOT OLD.body
  OR NEW.body_sha256 IS NOT OLD.body_sha256 OR NEW.discarded_at IS NOT OLD.discarded_at)
BEGIN SELECT RAISE(ABORT, 'an order whose fate is unknown is not changed'); END;

CREATE TRIGGER orders_kept BEFORE DELETE ON orders
WHEN OLD.state NOT IN ('Drafted', 'Accepted', 'Abandoned')
BEGIN SELECT RAISE(ABORT, 'an order that has not ended is not deleted'); END;

CREATE TRIGGER events_fixed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are not changed'); END;

CREATE TRIGGER events_kept BEFORE DELETE ON events
WHEN EXISTS (SELECT 1 FROM orders WHERE id = OLD.order_key)
BEGIN SELECT RAISE(ABORT, 'events go only with their order'); END;
