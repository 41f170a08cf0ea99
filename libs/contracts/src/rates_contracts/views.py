"""The read views of the database: the contract, while the tables behind them may change.

Instants are naive UTC with microseconds in the database; `value` is the decimal string as
published; documents are JSON of this library's types.
"""

HEAD = "head_v1"
HEAD_COLUMNS = ("timeline", "position", "event_id", "recorded_at")

CURRENT_RATES = "current_rates_v1"
"""The newest day of each series, in its newest revision."""
OBSERVATION_COLUMNS = ("series", "date", "revision", "value", "recorded_at", "payload_sha256")
RATE_HISTORY = "rate_history_v1"
"""Every revision of every observation."""
RATE_HISTORY_COLUMNS = (*OBSERVATION_COLUMNS, "position")
"""Records of before schema 0005 have no `position`."""

RATE_AVERAGES = "rate_averages_v1"
RATE_AVERAGES_COLUMNS = ("window_name", "at", "document")
"""`document` is an `averages.Average`."""

SYNC_STATUS = "sync_status_v1"
SYNC_STATUS_COLUMNS = ("document", "history_version", "averages_version")
"""One row; `document` is a `status.SyncStatus`. No row before the first recording."""

DATA_STATUS = "data_status_v1"
DATA_STATUS_COLUMNS = (
    "date",
    "verified_seconds",
    "unverified_seconds",
    "breaker_open_seconds",
)
"""A row for each day that has ended, a `status.DataStatusDay`; that of the day of the newest
recording is in `sync_status_v1`.
"""

BANK_CALENDAR = "bank_calendar_v1"
BANK_CALENDAR_COLUMNS = ("version", "document")
"""One row; `document` is a `calendar.BankCalendar`, declared closures included."""

PAYLOADS = "payloads_v1"
PAYLOADS_COLUMNS = ("sha256", "body", "received_at")
"""The raw answers behind observations: `sha256` is that of `body`, the bytes as Banxico sent them.

A body that was cut before it came to prove an observation has another hash: it is no evidence.
"""

RECEIPTS = "receipts_v1"
RECEIPTS_COLUMNS = ("series", "date", "revision", "jws")
"""A signed receipt of an observation, a compact JWS; none whose key is revoked."""

SIGNING_KEYS = "signing_keys_v1"
SIGNING_KEYS_COLUMNS = ("kid", "x", "created_at", "revoked_at")
"""Every key that was ever signed with: its thumbprint, and the 32 bytes of an Ed25519 public key in
base64url. One that is compromised has `revoked_at`.
"""

SNAPSHOT_VIEWS: dict[str, tuple[str, ...]] = {
    HEAD: HEAD_COLUMNS,
    CURRENT_RATES: OBSERVATION_COLUMNS,
    RATE_HISTORY: RATE_HISTORY_COLUMNS,
    RATE_AVERAGES: RATE_AVERAGES_COLUMNS,
    SYNC_STATUS: SYNC_STATUS_COLUMNS,
    BANK_CALENDAR: BANK_CALENDAR_COLUMNS,
}
"""What a snapshot is loaded from."""

OPTIONAL_VIEWS: dict[str, tuple[str, ...]] = {DATA_STATUS: DATA_STATUS_COLUMNS}
"""What a snapshot is also loaded from where the status counts a day: others have no such view."""

EVIDENCE_VIEWS: dict[str, tuple[str, ...]] = {
    PAYLOADS: PAYLOADS_COLUMNS,
    RECEIPTS: RECEIPTS_COLUMNS,
    SIGNING_KEYS: SIGNING_KEYS_COLUMNS,
}
"""What is read on demand and held in no snapshot (rule R6's exception)."""

VIEWS = SNAPSHOT_VIEWS | OPTIONAL_VIEWS | EVIDENCE_VIEWS
