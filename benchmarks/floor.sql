-- What a release writes, and nothing more: the same rows in the same tables, past the same triggers and constraints.
-- Run by `pgbench -M prepared`; the pool names an escrow that holds money, one per transaction.
SELECT nextval('bench_pool_next') AS place \gset
SELECT escrow_id, held_id, payable_id, fees_id, net, fee FROM bench_pool WHERE n = :place \gset
BEGIN;
UPDATE payments_account SET balance_minor = 0, version = version + 2 WHERE id = :held_id::bigint
RETURNING version AS held_version \gset
UPDATE payments_account SET balance_minor = balance_minor + :net::bigint, version = version + 1 WHERE id = :payable_id::bigint
RETURNING version AS payable_version, balance_minor AS payable_balance \gset
INSERT INTO payments_transfer (key, debit_id, credit_id, amount_minor, currency, kind, escrow_id, event_at, booked_at)
VALUES ('floor-' || :escrow_id::bigint::text || '-net', :held_id::bigint, :payable_id::bigint, :net::bigint, 'USD', 'RELEASE', :escrow_id::bigint, now(), now())
RETURNING id AS net_transfer \gset
INSERT INTO payments_transfer (key, debit_id, credit_id, amount_minor, currency, kind, escrow_id, event_at, booked_at)
VALUES ('floor-' || :escrow_id::bigint::text || '-fee', :held_id::bigint, :fees_id::bigint, :fee::bigint, 'USD', 'FEE', :escrow_id::bigint, now(), now())
RETURNING id AS fee_transfer \gset
INSERT INTO payments_entry (transfer_id, account_id, change_minor, balance_minor, version)
VALUES (:net_transfer::bigint, :held_id::bigint, -:net::bigint, :fee::bigint, :held_version::bigint - 1),
       (:net_transfer::bigint, :payable_id::bigint, :net::bigint, :payable_balance::bigint, :payable_version::bigint),
       (:fee_transfer::bigint, :held_id::bigint, -:fee::bigint, 0, :held_version::bigint);
INSERT INTO payments_release (escrow_id, reason, sequence, amount_minor, fee_minor, payable_id, at)
VALUES (:escrow_id::bigint, 'accepted', 1, :net::bigint + :fee::bigint, :fee::bigint, :payable_id::bigint, now());
UPDATE payments_escrow SET state = 'CLOSED', closed_at = now() WHERE id = :escrow_id::bigint;
INSERT INTO core_transition (subject_type, subject_id, field, verb, source, target, at, recorded_at, actor_kind, door, why)
VALUES ('payments.escrow', :escrow_id::bigint, 'state', 'close', 'FUNDED', 'CLOSED', now(), now(), 'system', 'task', '');
INSERT INTO core_event (name, payload, at, recorded_at)
VALUES ('payments.EscrowReleased', jsonb_build_object('escrow_id', :escrow_id::bigint, 'amount_minor', :net::bigint + :fee::bigint, 'fee_minor', :fee::bigint), now(), now())
RETURNING id AS event_id \gset
INSERT INTO core_delivery (event_id, reaction, state, attempts, due_at, last_error)
VALUES (:event_id::bigint, 'payments.reactions.pay_out_after_release', 'WAITING', 0, now(), '');
COMMIT;
