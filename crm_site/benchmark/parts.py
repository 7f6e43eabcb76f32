"""What can be measured, by name. A part is a module of this package with the same four things.

`TITLE`; `NEEDS_DATABASE` (an empty migrated PostgreSQL database of its own); `measure(size, say)` returns plain data
for `size` customers and tells its progress by `say(text)`; `report(measured)` returns Markdown lines and a verdict.
"""

from crm_site.benchmark import imports, judgements, night, replay, value, whatif

PARTS = {"night": night, "import": imports, "whatif": whatif, "clv": value, "replay": replay, "ahp": judgements}
