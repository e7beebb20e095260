## The programming interface

nav_api = API
api_title = Programming interface
api_link = How programs read Quarterday
api_answer = Everything that is published four times a day, for your programs: prices, sentiment, documents, forecasts, risk and the track record, each with its receipt.
api_start = Begin
api_start_text = A key of your own is all it takes. It says what it may read and until when, and it can be taken back at any time.
api_keys_link = Make a key
api_document_text = The OpenAPI 3.1 document, for generating clients:
api_rules = Rules
api_quota = Tier { $tier }: { $count } calls a day; formats: json, { $exports }
api_rule_headers = Every answer says what is left of the day: RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset. Days end at 00:00 UTC. When nothing is left the answer is 429 with Retry-After.
api_rule_pages = Lists come in pages. Pass next as cursor with the same filters and the same key; it is null on the last page.
api_rule_formats = format=csv and format=parquet, or the Accept header, need the scope read:exports. Texts in CSV never start a formula.
api_rule_cache = Every answer has an ETag. Send it as If-None-Match: 304 means that nothing has changed.
api_rule_events = /api/v1/events says when a slot is published, within about a second. Go on with Last-Event-ID.
api_endpoints = Endpoints
api_english = The OpenAPI document and the answers to calls are in English; this page is in Spanish, too.
api_in_path = path
api_in_query = query
api_gives = Gives
api_as = As
api_parameter = Parameter
api_where = Where
api_accepts = Accepts
api_example = Example
api_says = Meaning
api_schemas = Shapes
api_field = Field
api_type = Type
api_problems = When it does not work
api_problems_text = The answer is problem JSON (RFC 9457): code is for programs, detail says what to do.
api_code = Code
api_status = Status

## Keys

keys_title = API keys
keys_lead = A key lets a program read for you, within your tier.
keys_new = Your new key
keys_once = Copy it now: it is shown this once and kept nowhere. Whoever has it reads in your name.
keys_make = Make a key
keys_name = Name
keys_scopes = May read
keys_days = Days until it ends
keys_button = Make the key
keys_locked = Your tier includes no API calls. They begin with Plus.
keys_name_bad = Give the key a name of 1 to 60 characters.
keys_days_bad = A key lasts from 1 to { $most } days.
keys_scopes_none = Choose at least one thing that the key may read.
keys_too_many = You have { $most } keys that count. Revoke one first.
keys_yours = Your keys
keys_start = Starts with
keys_made = Made on
keys_ends = Ends on
keys_used = Last used
keys_state = State
keys_revoke = Revoke
keys_none = You have no key yet.
keys_today = Today: { $used } of { $quota } calls.
key_revoked = revoked
key_expired = expired
key_counts = counts
key_never_used = never
scope_price = bars and indicators
scope_sentiment = sentiment
scope_news = posts and headlines
scope_predictions = forecasts, signals, risk
scope_exports = answers as CSV or Parquet
usage_title = Usage
usage_note = All keys together; the day ends at 00:00 UTC.
usage_day = Day
usage_endpoint = Endpoint
usage_calls = Calls
usage_refused = Refused
usage_none = No call yet.

## News of a newer slot

newer_slot = A newer slot is there.
newer_reload = Reload
