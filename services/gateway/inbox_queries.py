"""The statements of the inbox, each by its name. One statement is one commit.

A message costs its part of four: accept, claim, keep the decision, settle. Written as SQL: each
does several things at once, which reads best in the words of the database.
"""

from sqlalchemy import text

from services.runtime.database import Hot, Query

# A message of a source is taken once; its chat is ready from now on, and can see that it was. Many
# are accepted together: ids are drawn in the order in which they came, while rows are locked in the
# order of their keys, as everywhere where several chats are, so that no two wait for each other.
ACCEPT = Hot(
    "accept_messages",
    text("""
WITH told AS MATERIALIZED (
  SELECT nextval('gateway.inbox_id_seq') AS id, came.*
  FROM unnest(
    CAST(:sources AS text[]), CAST(:external_ids AS text[]), CAST(:chats AS text[]),
    CAST(:positions AS bigint[]), CAST(:bodies AS text[]), CAST(:messages AS text[]),
    CAST(:edits AS boolean[]), CAST(:received AS timestamptz[])
  ) WITH ORDINALITY
    AS came (source, external_id, chat, position, body, message, edit, received_at, place)
), taken AS (
  INSERT INTO gateway.inbox
    (id, source, external_id, chat, position, body, message, edit, received_at)
  SELECT id, source, external_id, chat, position, body, message, edit, received_at
  FROM told ORDER BY source, external_id, place
  ON CONFLICT (source, external_id) DO NOTHING
  RETURNING id, chat
), readied AS (
  INSERT INTO gateway.chats AS c (key, accepted, ready_at)
  SELECT chat, count(*), now() FROM taken GROUP BY chat ORDER BY chat
  ON CONFLICT (key) DO UPDATE
    SET accepted = c.accepted + excluded.accepted, ready_at = least(c.ready_at, now())
)
SELECT place, id FROM taken JOIN told USING (id)
"""),
)
FIND_MESSAGE = Hot(
    "find_message",
    text("""
SELECT id, chat, body, state, answer, reason FROM gateway.inbox
WHERE source = :source AND external_id = :external_id
"""),
)
GET_MESSAGE = Hot(
    "get_message",
    text("SELECT id, chat, state, answer FROM gateway.inbox WHERE id = :id"),
)

# Chats in which something may be done now go to whoever asks first, until the lease ends. What is
# owed to a chat as an answer waits in a line of its own, "say:" and the chat.
CLAIM_CHATS = Hot(
    "claim_chats",
    text("""
WITH ready AS (
  SELECT key FROM gateway.chats
  WHERE ready_at <= now() AND (lease_until IS NULL OR lease_until < now())
    AND starts_with(key, 'say:') = CAST(:replies AS boolean)
  ORDER BY ready_at LIMIT CAST(:limit AS integer) FOR UPDATE SKIP LOCKED
)
UPDATE gateway.chats AS c
SET lease_until = now() + make_interval(secs => :lease_s), token = gen_random_uuid()
FROM ready WHERE c.key = ready.key
RETURNING c.key, c.token, c.accepted, c.conversation
"""),
)
# The first two that wait in each: the second only tells that there is one. A statement of its own,
# as it must see all that was accepted before the claim's commit.
HEADS = Hot(
    "heads_of_chats",
    text("""
SELECT head.* FROM unnest(CAST(:chats AS text[])) AS wanted(chat)
CROSS JOIN LATERAL (
  SELECT id, source, external_id, chat, body, message, edit, received_at, arrived_at, attempts,
         decided, note,
         coalesce(next_at > now(), false) AS early, next_at,
         edit AND arrived_at + interval '2 seconds' > now() AS young,
         arrived_at + interval '2 seconds' AS grown_at,
         EXISTS (
           SELECT FROM gateway.inbox AS owed
           WHERE owed.chat = 'say:' || wanted.chat AND owed.state = 'waiting'
         ) AS behind,
         message IS NOT NULL AND NOT edit AND EXISTS (
           SELECT FROM gateway.inbox AS later
           WHERE later.chat = inbox.chat AND later.message = inbox.message AND later.edit
             AND later.state <> 'waiting'
         ) AS overtaken
  FROM gateway.inbox
  WHERE inbox.chat = wanted.chat AND state = 'waiting'
  ORDER BY position, id LIMIT 2
) AS head
"""),
)
# The message of an edit: it is handled first, and waited for where it isn't there yet.
EDITED = Hot(
    "edited_message",
    text("""
SELECT id, source, external_id, chat, body, message, edit, received_at, arrived_at, attempts,
       decided, note, coalesce(next_at > now(), false) AS early, next_at, false AS overtaken,
       true AS behind, state
FROM gateway.inbox
WHERE chat = :chat AND message = :message AND id <> :besides
ORDER BY edit, id LIMIT 1
"""),
)
# What a person's message and its edits so far have led to.
ORIGINS = Hot(
    "origins_of_edit",
    text("""
SELECT decided, edit, card, tasks FROM gateway.inbox
WHERE chat = :chat AND message = :message AND id <> :besides AND state <> 'waiting'
ORDER BY edit, id
"""),
)
RENEW = Hot(
    "renew_leases",
    text("""
WITH mine AS (
  SELECT key FROM gateway.chats
  WHERE key = ANY(CAST(:chats AS text[])) AND token = ANY(CAST(:tokens AS uuid[]))
  ORDER BY key FOR UPDATE
)
UPDATE gateway.chats AS c SET lease_until = now() + make_interval(secs => :lease_s)
FROM mine WHERE c.key = mine.key
"""),
)
# What a stopping process still holds may be claimed at once.
GIVE_BACK = Hot(
    "give_chats_back",
    text("""
WITH mine AS (
  SELECT key FROM gateway.chats
  WHERE key = ANY(CAST(:chats AS text[])) AND token = ANY(CAST(:tokens AS uuid[]))
  ORDER BY key FOR UPDATE
)
UPDATE gateway.chats AS c SET lease_until = NULL, token = NULL
FROM mine WHERE c.key = mine.key
"""),
)
# Gives a chat back. Where something was accepted since the claim it is ready at once.
RELEASE = Hot(
    "release_chat",
    text("""
UPDATE gateway.chats
SET token = NULL, lease_until = NULL,
    ready_at = CASE WHEN accepted = :accepted THEN CAST(:ready_at AS timestamptz) ELSE now() END
WHERE key = :chat AND token = :token
"""),
)
DECIDE = Hot(
    "keep_decisions",
    text("""
UPDATE gateway.inbox SET decided = told.decided
FROM unnest(
  CAST(:ids AS bigint[]), CAST(:decisions AS text[]), CAST(:chats AS text[]),
  CAST(:tokens AS uuid[])
) AS told (id, decided, chat, token)
WHERE inbox.id = told.id AND inbox.id = ANY(CAST(:ids AS bigint[]))
  AND EXISTS (SELECT FROM gateway.chats WHERE key = told.chat AND chats.token = told.token)
RETURNING inbox.id
"""),
)
NOTE = Hot("keep_note", text("UPDATE gateway.inbox SET note = :note WHERE id = :id"))
# Ends messages of several chats and gives these back. `tasks` is a list as JSON.
SETTLE = Hot(
    "settle_messages",
    text("""
WITH told AS MATERIALIZED (
  SELECT * FROM unnest(
    CAST(:ids AS bigint[]), CAST(:chats AS text[]), CAST(:tokens AS uuid[]),
    CAST(:accepted AS bigint[]), CAST(:more AS boolean[]), CAST(:states AS text[]),
    CAST(:conversations AS text[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),
    CAST(:answers AS text[]), CAST(:cards AS text[]), CAST(:tasks AS text[]),
    CAST(:acts AS text[])
  ) AS told (id, chat, token, accepted, more, state, conversation, outcome, reason, answer, card,
             tasks, act)
), mine AS (
  SELECT key FROM gateway.chats JOIN told ON key = chat AND chats.token = told.token
  WHERE key = ANY(CAST(:chats AS text[]))
  ORDER BY key FOR UPDATE OF chats
), held AS (
  UPDATE gateway.chats AS c
  SET token = NULL, lease_until = NULL, conversation = told.conversation,
      ready_at = CASE WHEN c.accepted = told.accepted AND NOT told.more THEN NULL ELSE now() END
  FROM told JOIN mine ON mine.key = told.chat
  WHERE c.key = mine.key AND c.token = told.token
  RETURNING c.key, c.ready_at
)
UPDATE gateway.inbox
SET state = told.state, outcome = told.outcome, reason = told.reason, answer = told.answer,
    card = told.card, act = told.act, settled_at = now(), next_at = NULL,
    tasks = CASE WHEN told.tasks IS NOT NULL
                 THEN ARRAY(SELECT jsonb_array_elements_text(CAST(told.tasks AS jsonb))) END
FROM told JOIN held ON held.key = told.chat
WHERE inbox.id = told.id AND inbox.id = ANY(CAST(:ids AS bigint[]))
RETURNING inbox.id, held.ready_at IS NOT NULL AS ready,
          CAST(extract(epoch FROM now() - arrived_at) AS float8) AS took_s
"""),
)
# The chat waits with its message: order within a chat is kept also where something fails.
POSTPONE = Hot(
    "postpone_message",
    text("""
WITH held AS (
  UPDATE gateway.chats
  SET token = NULL, lease_until = NULL, ready_at = now() + make_interval(secs => :after_s)
  WHERE key = :chat AND token = :token
  RETURNING ready_at
)
UPDATE gateway.inbox
SET attempts = attempts + 1, reason = :reason, next_at = held.ready_at
FROM held WHERE id = :id
"""),
)

# Drafts and cards ----------------------------------------------------------------------------

KEEP_DRAFT = Hot(
    "keep_draft",
    text("""
INSERT INTO gateway.drafts (id, chat, content, created_at)
VALUES (CAST(:id AS uuid), :chat, :content, :created_at) ON CONFLICT (id) DO NOTHING
"""),
)
PLACE_DRAFT = Hot(
    "place_draft",
    text("UPDATE gateway.drafts SET message = :message WHERE id = CAST(:id AS uuid)"),
)
CLOSE_DRAFT = Hot(
    "close_draft",
    text("""
UPDATE gateway.drafts SET state = :state, tasks = CAST(:tasks AS text[])
WHERE id = CAST(:id AS uuid) AND state = 'open'
"""),
)
FIND_DRAFT = Hot(
    "find_draft",
    text("""
SELECT content, state, created_at, message, tasks FROM gateway.drafts
WHERE id = CAST(:id AS uuid) AND chat = :chat
"""),
)
FIND_CARD = Hot(
    "find_card",
    text("""
SELECT card, tasks FROM gateway.inbox WHERE chat = :chat AND card = :message
ORDER BY id DESC LIMIT 1
"""),
)
# An answer that was said later than its message was settled has its place now.
PLACE_CARD = Hot(
    "place_card",
    text("UPDATE gateway.inbox SET card = :card WHERE id = :id AND tasks IS NOT NULL"),
)
FIND_ACT = Hot(
    "find_card_of_act",
    text("SELECT card, tasks FROM gateway.inbox WHERE act = :act AND chat = :chat LIMIT 1"),
)

# For the operator ----------------------------------------------------------------------------

DEPTH = Query(
    "inbox_depth",
    text("""
SELECT count(*) FILTER (WHERE state = 'waiting' AND source <> 'reply') AS waiting,
       count(*) FILTER (WHERE state = 'waiting' AND source = 'reply') AS owed,
       count(*) FILTER (WHERE state = 'dead') AS dead,
       coalesce(extract(epoch FROM now() - min(arrived_at) FILTER (
         WHERE state = 'waiting' AND source <> 'reply')), 0) AS oldest_s
FROM gateway.inbox WHERE state IN ('waiting', 'dead')
"""),
)
DEAD = Query(
    "dead_messages",
    text("""
SELECT id, source, external_id, chat, attempts, reason, arrived_at, settled_at
FROM gateway.inbox WHERE state = 'dead' AND (:before = 0 OR id < :before)
ORDER BY id DESC LIMIT :limit
"""),
)
REVIVE = Query(
    "revive_message",
    text("""
WITH revived AS (
  UPDATE gateway.inbox
  SET state = 'waiting', attempts = 0, next_at = NULL, settled_at = NULL
  WHERE id = :id AND state = 'dead'
  RETURNING chat
)
UPDATE gateway.chats AS c SET accepted = c.accepted + 1, ready_at = now()
FROM revived WHERE c.key = revived.chat
RETURNING c.key
"""),
)
FORGET = Query(
    "forget_messages",
    text("""
DELETE FROM gateway.inbox WHERE id IN (
  SELECT id FROM gateway.inbox
  WHERE state = 'done' AND settled_at < now() - make_interval(days => :days) LIMIT 1000
)
RETURNING id
"""),
)
FORGET_DRAFTS = Query(
    "forget_drafts",
    text("DELETE FROM gateway.drafts WHERE created_at < :before"),
)

# Leases of what must run once ----------------------------------------------------------------

TAKE_LEASE = Query(
    "take_lease",
    text("""
INSERT INTO gateway.leases AS l (name, token, until)
VALUES (:name, CAST(:token AS uuid), now() + make_interval(secs => :span_s))
ON CONFLICT (name) DO UPDATE SET token = excluded.token, until = excluded.until
WHERE l.token = excluded.token OR l.until < now()
RETURNING name
"""),
)
DROP_LEASE = Query(
    "drop_lease",
    text("DELETE FROM gateway.leases WHERE name = :name AND token = CAST(:token AS uuid)"),
)
