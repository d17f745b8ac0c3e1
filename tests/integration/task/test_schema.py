"""The migrations make what the schema says."""

import sqlalchemy as sa

from services.task.schema import metadata


async def test_tables_and_columns_are_those_of_the_schema(world):
    def look(connection):
        inspector = sa.inspect(connection)
        found = set(inspector.get_table_names("task")) - {"alembic_version", "online_steps"}
        return {
            table: {
                (column["name"], column["type"].compile(connection.dialect), column["nullable"])
                for column in inspector.get_columns(table, "task")
            }
            for table in found
        }

    async with world.database.transaction() as connection:
        made = await connection.run_sync(look)
        dialect = connection.dialect

    expected = {
        table.name: {
            (column.name, str(column.type.compile(dialect)), column.nullable)
            for column in table.columns
        }
        for table in metadata.tables.values()
    }
    assert made == expected


async def test_indexes_are_those_of_the_schema(world):
    async with world.database.transaction() as connection:
        made = await connection.run_sync(
            lambda each: {
                index["name"]
                for table in metadata.tables.values()
                for index in sa.inspect(each).get_indexes(table.name, "task")
                if not index.get("duplicates_constraint")
            }
        )

    assert made == {str(i.name) for table in metadata.tables.values() for i in table.indexes}
