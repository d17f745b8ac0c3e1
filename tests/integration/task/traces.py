"""Where in the store words are still to be found, whatever the store gives out of it."""

import sqlalchemy as sa


async def traces(world, *words):
    """The tables in which any of these lower-case words stands."""
    found = set()
    async with world.database.transaction() as connection:
        names = await connection.execute(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'task'")
        )
        for (name,) in names.all():
            quoted = sa.table(name, schema="task")
            rows = await connection.execute(sa.select(sa.text("*")).select_from(quoted))
            text = str([_shown(row) for row in rows.all()]).lower()
            if any(word in text for word in words):
                found.add(name)
    return found


def _shown(row):
    return [each.decode("latin-1") if isinstance(each, bytes) else each for each in row]
