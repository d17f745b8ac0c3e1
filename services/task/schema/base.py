"""What the tables of the schema share."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

SCHEMA = "task"
metadata = sa.MetaData(schema=SCHEMA)
Moment = sa.DateTime(timezone=True)
Ids = ARRAY(sa.BigInteger)
Words = ARRAY(sa.Text)
